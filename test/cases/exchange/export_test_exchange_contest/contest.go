// Package export_test_exchange_contest asks judges that are lent to it.
package export_test_exchange_contest

import (
	"github.com/isyswasfa/isyswasfa/guest/wit/types"
	"github.com/isyswasfa/isyswasfa/test/cases/exchange/test_exchange_contest"
	"github.com/isyswasfa/isyswasfa/test/cases/exchange/test_exchange_judges"
)

// Winner gives the name of whoever gives the most points, else the other one's.
func Winner(votes []test_exchange_contest.Vote, also types.Option[*test_exchange_judges.Judge]) types.Option[string] {
	var best test_exchange_contest.Vote
	for _, v := range votes {
		if v.Points > best.Points {
			best = v
		}
	}
	switch {
	case best.By != nil:
		return types.Some(best.By.Name())
	case also.IsSome():
		return types.Some(also.Some().Name())
	}
	return types.None[string]()
}
