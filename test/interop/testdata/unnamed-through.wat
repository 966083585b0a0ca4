;; What is imported is exported. The interface does not name pending and ready.
(component
  (import "isyswasfa:isyswasfa/isyswasfa" (instance $isyswasfa
    (export "pending" (type (sub resource)))
    (export "ready" (type (sub resource)))))
  (alias export $isyswasfa "pending" (type $pending))
  (alias export $isyswasfa "ready" (type $ready))
  (import "component:test/baz" (instance $baz
    (alias outer 1 $pending (type $pending))
    (alias outer 1 $ready (type $ready))
    (export "foo-isyswasfa-start" (func (param "s" string) (result (result string (error (own $pending))))))
    (export "foo-isyswasfa-result" (func (param "ready" (own $ready)) (result string)))))
  (export "component:test/baz" (instance $baz)))
