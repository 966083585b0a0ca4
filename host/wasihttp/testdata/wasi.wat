;; A guest that uses wasi:io, wasi:cli and wasi:clocks. The test puts the
;; imports before it.
(memory (export "memory") 1)
(data (i32.const 1024) "hello")
(global $heap (mut i32) (i32.const 8192))

(func (export "cabi_realloc") (param $old i32) (param $size i32) (param $align i32) (param $new i32) (result i32)
  (local $at i32)
  (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
  (global.set $heap (i32.add (local.get $at) (local.get $new)))
  (local.get $at))

;; cat: copies stdin to stdout, and gives how many bytes that was.
(func (export "cat") (result i64)
  (local $in i32) (local $out i32) (local $n i64)
  (local.set $in (call $stdin-0.2.0.get-stdin))
  (local.set $out (call $stdout-0.2.0.get-stdout))
  (block $end
    (loop $more
      (call $streams-0.2.0.method.output-stream.blocking-splice
        (local.get $out) (local.get $in) (i64.const 1000000) (i32.const 16))
      (br_if $end (i32.load8_u (i32.const 16)))
      (local.set $n (i64.add (local.get $n) (i64.load (i32.const 24))))
      (br $more)))
  (call $streams-0.2.0.resource-drop.input-stream (local.get $in))
  (call $streams-0.2.0.resource-drop.output-stream (local.get $out))
  (local.get $n))

;; print: the same twice, by WASI 0.3's stream and by 0.2's blocking write.
;; Gives the head of the memory that tells the outcome of the stream.
(func (export "print") (result i64)
  (local $writer i32) (local $result i32) (local $err i32)
  (call $pipe-.make-pipe (i32.const 16))
  (local.set $writer (i32.load (i32.const 16)))
  (local.set $result (call $stdout-0.3.0.write-via-stream (i32.load (i32.const 20))))
  (call $streams-0.2.0.method.output-stream.check-write (local.get $writer) (i32.const 16))
  (call $streams-0.2.0.method.output-stream.write (local.get $writer) (i32.const 1024) (i32.const 5) (i32.const 16))
  (call $streams-0.2.0.resource-drop.output-stream (local.get $writer))
  (local.set $err (call $stderr-0.2.0.get-stderr))
  (call $streams-0.2.0.method.output-stream.blocking-write-and-flush (local.get $err) (i32.const 1024) (i32.const 5) (i32.const 16))
  (call $streams-0.2.0.resource-drop.output-stream (local.get $err))
  (i64.store (i32.const 64) (i64.const 0))
  (call $stdout-0.3.0.static.isyswasfa-receiver-result-unit-error-code.receive-isyswasfa-start (local.get $result) (i32.const 64))
  (i64.load (i32.const 64)))

;; too-much: a write without leave.
(func (export "too-much")
  (call $pipe-.make-pipe (i32.const 16))
  (call $streams-0.2.0.method.output-stream.write (i32.load (i32.const 16)) (i32.const 1024) (i32.const 5) (i32.const 64)))

(func (export "environment") (result i32)
  (call $environment-0.2.0.get-environment (i32.const 16))
  (i32.const 16))

;; poll: which of an hour and some time is over first.
(func (export "poll") (param $ns i64) (result i32)
  (i32.store (i32.const 64) (call $monotonic-clock-0.2.0.subscribe-duration (i64.const 3600000000000)))
  (i32.store (i32.const 68) (call $monotonic-clock-0.2.0.subscribe-duration (local.get $ns)))
  (call $poll-0.2.0.poll (i32.const 64) (i32.const 2) (i32.const 16))
  (call $poll-0.2.0.resource-drop.pollable (i32.load (i32.const 64)))
  (call $poll-0.2.0.resource-drop.pollable (i32.load (i32.const 68)))
  (if (i32.ne (i32.load (i32.const 20)) (i32.const 1)) (then (unreachable)))
  (i32.load (i32.load (i32.const 16))))

;; sleep passes the host's task on as its own.
(func (export "sleep-isyswasfa-start") (param $ns i64) (result i32)
  (call $monotonic-clock-0.3.0.wait-for-isyswasfa-start (local.get $ns) (i32.const 64))
  (i32.const 64))
(func (export "sleep-isyswasfa-result") (param i32)
  (call $monotonic-clock-0.3.0.wait-for-isyswasfa-result (local.get 0)))

(func (export "isyswasfa-poll") (param i32) (param i32) (result i32)
  (i64.store (i32.const 16) (i64.const 0))
  (i32.const 16))
