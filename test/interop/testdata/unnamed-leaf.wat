;; foo answers at once, what it is asked. The interface does not name pending
;; and ready.
(component
  (import "isyswasfa:isyswasfa/isyswasfa" (instance $isyswasfa
    (export "pending" (type (sub resource)))
    (export "ready" (type (sub resource)))))
  (alias export $isyswasfa "pending" (type $pending))
  (alias export $isyswasfa "ready" (type $ready))
  (core module $Main
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
    (func (export "start") (param $text i32) (param $size i32) (result i32)
      (i32.store (i32.const 4) (local.get $text))
      (i32.store (i32.const 8) (local.get $size))
      (i32.const 0))
    (func (export "result") (param i32) (result i32) (unreachable)))
  (core instance $main (instantiate $Main))
  (alias core export $main "memory" (core memory $memory))
  (alias core export $main "realloc" (core func $realloc))
  (alias core export $main "start" (core func $start))
  (alias core export $main "result" (core func $result))
  (func $foo-start (param "s" string) (result (result string (error (own $pending))))
    (canon lift (core func $start) (memory $memory) (realloc $realloc)))
  (func $foo-result (param "ready" (own $ready)) (result string)
    (canon lift (core func $result) (memory $memory) (realloc $realloc)))
  (instance $baz
    (export "foo-isyswasfa-start" (func $foo-start))
    (export "foo-isyswasfa-result" (func $foo-result)))
  (export "component:test/baz" (instance $baz)))
