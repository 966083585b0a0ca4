package component

import "strings"

// isInterfaceName tells whether s is of the form namespace:package/interface,
// perhaps with a version.
func isInterfaceName(s string) bool {
	path, version, versioned := strings.Cut(s, "@")
	return strings.Contains(path, "/") && isPath(path) && (!versioned || isVersion(version) || isTrack(version))
}

// isPath tells whether s is of the form namespace:package, perhaps with an
// interface behind it.
func isPath(s string) bool {
	pkg, iface, inside := strings.Cut(s, "/")
	namespace, name, _ := strings.Cut(pkg, ":")
	return isLower(namespace) && isLower(name) && (!inside || isLabel(iface))
}

func isLower(s string) bool { return isLabel(s) && s == strings.ToLower(s) }

// isDependency tells whether s is of one of the forms that registries use,
// which nothing here resolves.
func isDependency(s string) bool {
	form, inside, _ := strings.Cut(s, "=<")
	inside, closed := strings.CutSuffix(inside, ">")
	if !closed {
		return false
	}
	switch form {
	case "integrity":
		return isIntegrity(inside)
	case "unlocked-dep":
		path, versions, versioned := strings.Cut(inside, "@")
		return isPath(path) && (!versioned || isVersionRange(versions))
	}
	inside, hashes, hashed := strings.Cut(inside, ">,integrity=<")
	if hashed && !isIntegrity(hashes) {
		return false
	}
	switch form {
	case "locked-dep":
		path, version, versioned := strings.Cut(inside, "@")
		return isPath(path) && (!versioned || isVersion(version))
	case "url":
		return !strings.ContainsAny(inside, "<>")
	}
	return false
}

// isIntegrity tells whether s are hashes as the web's subresource integrity
// has them.
func isIntegrity(s string) bool {
	hashes := strings.Fields(s)
	for _, h := range hashes {
		algorithm, hash, _ := strings.Cut(h, "-")
		hash, _, _ = strings.Cut(hash, "?")
		digits := strings.TrimSuffix(strings.TrimSuffix(hash, "="), "=")
		switch algorithm {
		case "sha256", "sha384", "sha512":
		default:
			return false
		}
		if digits == "" || strings.ContainsFunc(digits, func(r rune) bool { return !isAlphanumeric(r) && r != '+' && r != '/' }) {
			return false
		}
	}
	return len(hashes) > 0 && !strings.Contains(s, ">")
}

// isVersionRange tells whether s is "*" or versions within braces: ">=1.0.0",
// "<2.0.0", or both with a space between.
func isVersionRange(s string) bool {
	inside, open := strings.CutPrefix(s, "{")
	inside, closed := strings.CutSuffix(inside, "}")
	if !open || !closed {
		return s == "*"
	}
	low, high, both := strings.Cut(inside, " ")
	if !both && strings.HasPrefix(low, "<") {
		low, high = "", low
	}
	least, isLow := strings.CutPrefix(low, ">=")
	below, isHigh := strings.CutPrefix(high, "<")
	return (isLow || isHigh) && (low == "" || isLow && isVersion(least)) && (high == "" || isHigh && isVersion(below))
}

// isVersion tells whether s is a semantic version.
func isVersion(s string) bool {
	s, build, hasBuild := strings.Cut(s, "+")
	s, pre, hasPre := strings.Cut(s, "-")
	for n := range strings.SplitSeq(s, ".") {
		if !isNumber(n) {
			return false
		}
	}
	if hasPre {
		for id := range strings.SplitSeq(pre, ".") {
			if !isIdentifier(id) || !isNumber(id) && strings.Trim(id, "0123456789") == "" {
				return false
			}
		}
	}
	if hasBuild {
		for id := range strings.SplitSeq(build, ".") {
			if !isIdentifier(id) {
				return false
			}
		}
	}
	return strings.Count(s, ".") == 2
}

// isTrack tells whether s is the part of a version that tells compatible
// versions apart (spec: canonversion), such as "1" or "0.2"; of others, which
// are compatible with none but themselves, that is all.
func isTrack(s string) bool {
	minor, isMinor := strings.CutPrefix(s, "0.")
	if isMinor {
		s = minor
	}
	return s != "0" && isNumber(s)
}

// isOwnTrack tells whether s is a semantic version that is compatible with none
// but itself.
func isOwnTrack(s string) bool {
	patch, ok := strings.CutPrefix(s, "0.0.")
	return ok && isNumber(patch)
}

// isNumber tells whether s is a number without zeros before it.
func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == "" && (s == "0" || s[0] != '0')
}

func isIdentifier(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !isAlphanumeric(r) && r != '-' })
}

func isAlphanumeric(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}
