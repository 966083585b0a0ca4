;; A guest that exports wasi:http/handler and acts by the method of the
;; request. The test puts the imports before it.
(memory (export "memory") 1)
(data (i32.const 1024) "hello from the guest")
(global $trap (mut i32) (i32.const 0))   ;; the next poll is to trap
(global $heap (mut i32) (i32.const 8192))

(func (export "cabi_realloc") (param $old i32) (param $size i32) (param $align i32) (param $new i32) (result i32)
  (local $at i32)
  (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
  (global.set $heap (i32.add (local.get $at) (local.get $new)))
  (local.get $at))

;; respond gives start's answer ok(ok(response)) for a body and trailers.
(func $respond (param $stream i32) (param $trailers i32) (result i32)
  (call $types-0.3.0.static.response.new (call $types-0.3.0.constructor.fields)
    (i32.const 1) (local.get $stream) (local.get $trailers) (i32.const 16))
  (call $types-0.3.0.resource-drop.isyswasfa-receiver-result-unit-error-code (i32.load (i32.const 20)))
  (i32.store (i32.const 64) (i32.const 0))
  (i32.store (i32.const 72) (i32.const 0))
  (i32.store (i32.const 80) (i32.load (i32.const 16)))
  (i32.const 64))

;; fail gives start's answer ok(err(code)).
(func $fail (param $code i32) (result i32)
  (i32.store (i32.const 64) (i32.const 0))
  (i32.store (i32.const 72) (i32.const 1))
  (i32.store8 (i32.const 80) (local.get $code))
  (i32.const 64))

;; trailers gives the receiver of trailers that never come.
(func $trailers (result i32)
  (call $types-0.3.0.isyswasfa-pipe-result-option-own-trailers-error-code (i32.const 16))
  (call $types-0.3.0.resource-drop.isyswasfa-sender-result-option-own-trailers-error-code (i32.load (i32.const 16)))
  (i32.load (i32.const 20)))

;; hello answers with a text; if it is to end, the body ends with the text.
(func $hello (param $end i32) (result i32)
  (local $reader i32) (local $writer i32)
  (call $pipe-.make-pipe (i32.const 16))
  (local.set $writer (i32.load (i32.const 16)))
  (local.set $reader (i32.load (i32.const 20)))
  (call $streams-0.2.0.method.output-stream.check-write (local.get $writer) (i32.const 16))
  (call $streams-0.2.0.method.output-stream.write (local.get $writer) (i32.const 1024) (i32.const 20) (i32.const 16))
  (if (local.get $end) (then (call $streams-0.2.0.resource-drop.output-stream (local.get $writer))))
  (call $respond (local.get $reader) (call $trailers)))

;; echo answers with the body and the trailers of the request.
(func $echo (param $request i32) (result i32)
  (call $types-0.3.0.isyswasfa-pipe-result-unit-error-code (i32.const 16))
  (call $types-0.3.0.resource-drop.isyswasfa-sender-result-unit-error-code (i32.load (i32.const 16)))
  (call $types-0.3.0.static.request.consume-body (local.get $request) (i32.load (i32.const 20)) (i32.const 24))
  (call $respond (i32.load (i32.const 24)) (i32.load (i32.const 28))))

(func (export "wasi:http/handler@0.3.0#handle-isyswasfa-start") (param $request i32) (result i32)
  (local $method i32) (local $initial i32)
  (call $types-0.3.0.method.request.get-method (local.get $request) (i32.const 16))
  (local.set $method (i32.load8_u (i32.const 16)))
  (if (i32.ge_u (local.get $method) (i32.const 9))
    (then (local.set $initial (i32.load8_u (i32.load (i32.const 20))))))
  (if (i32.eq (local.get $method) (i32.const 2)) ;; POST
    (then (return (call $echo (local.get $request)))))
  (if (i32.eq (local.get $method) (i32.const 3)) ;; PUT: passes the request on
    (then
      (call $client-0.3.0.send-isyswasfa-start (local.get $request) (i32.const 64))
      (return (i32.const 64))))
  (call $types-0.3.0.resource-drop.request (local.get $request))
  (if (i32.eq (local.get $method) (i32.const 4)) (then (unreachable))) ;; DELETE
  (if (i32.eq (local.get $method) (i32.const 6)) ;; OPTIONS: connection-refused
    (then (return (call $fail (i32.const 6)))))
  (if (i32.eq (local.get $method) (i32.const 7)) ;; TRACE
    (then (call $exit-0.2.0.exit (i32.const 1))))
  (if (i32.eq (local.get $method) (i32.const 8)) ;; PATCH: traps in the midst of the body
    (then
      (global.set $trap (i32.const 1))
      (return (call $hello (i32.const 0)))))
  (if (i32.eq (local.get $initial) (i32.const 83)) ;; SPIN
    (then (loop $forever (br $forever))))
  (if (i32.eq (local.get $initial) (i32.const 76)) ;; LEAVE: does not end the body
    (then (return (call $hello (i32.const 0)))))
  (if (i32.eq (local.get $initial) (i32.const 66)) ;; BLOCK
    (then (call $poll-0.2.0.method.pollable.block (call $monotonic-clock-0.2.0.subscribe-duration (i64.const 3600000000000)))))
  (if (i32.eq (local.get $initial) (i32.const 77)) ;; MORE: takes 1 MiB of memory
    (then (drop (memory.grow (i32.const 16)))))
  (if (i32.eq (local.get $initial) (i32.const 87)) ;; WRITE: to the standard error
    (then
      (local.set $method (call $stderr-0.2.0.get-stderr))
      (call $streams-0.2.0.method.output-stream.check-write (local.get $method) (i32.const 16))
      (call $streams-0.2.0.method.output-stream.write (local.get $method) (i32.const 1024) (i32.const 20) (i32.const 16))
      (call $streams-0.2.0.resource-drop.output-stream (local.get $method))))
  (call $hello (i32.const 1)))

(func (export "wasi:http/handler@0.3.0#handle-isyswasfa-result") (param i32) (result i32)
  (call $client-0.3.0.send-isyswasfa-result (local.get 0) (i32.const 128))
  (i32.const 128))

(func (export "isyswasfa-poll") (param i32) (param i32) (result i32)
  (if (global.get $trap) (then (unreachable)))
  (i64.store (i32.const 16) (i64.const 0))
  (i32.const 16))
