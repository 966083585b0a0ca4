;; WASI 0.1 (wasi_snapshot_preview1) on WASI 0.2, for modules without files.
;;
;; The adapter shares the guest's memory. It never grows the memory of a Go
;; guest nor calls its cabi_realloc: results that a host function allocates go
;; to the caller's own buffer where they belong there, else to 8 KiB of scratch
;; that $scratch tells. Only the functions that a guest imports are assembled,
;; with what they reach; $scratch is added by the encoder.
;;
;; Results are errno: 0 success, 8 badf, 16 connreset, 28 inval, 29 io,
;; 44 noent, 48 nomem, 54 notdir, 57 notsock, 58 notsup, 61 overflow, 64 pipe,
;; 70 spipe.
(module $wasi_snapshot_preview1
  (import "guest" "memory" (memory 0))
  (import "guest" "_start" (func $start))
  (import "guest" "cabi_realloc" (func $guest_realloc (param i32 i32 i32 i32) (result i32)))
  (import "wasi:cli/environment@0.2.0" "get-environment" (func $get_environment (param i32)))
  (import "wasi:cli/environment@0.2.0" "get-arguments" (func $get_arguments (param i32)))
  (import "wasi:cli/exit@0.2.0" "exit" (func $exit (param i32)))
  (import "wasi:cli/stdin@0.2.0" "get-stdin" (func $get_stdin (result i32)))
  (import "wasi:cli/stdout@0.2.0" "get-stdout" (func $get_stdout (result i32)))
  (import "wasi:cli/stderr@0.2.0" "get-stderr" (func $get_stderr (result i32)))
  (import "wasi:clocks/monotonic-clock@0.2.0" "now" (func $monotonic_now (result i64)))
  (import "wasi:clocks/monotonic-clock@0.2.0" "resolution" (func $monotonic_resolution (result i64)))
  (import "wasi:clocks/monotonic-clock@0.2.0" "subscribe-instant" (func $subscribe_instant (param i64) (result i32)))
  (import "wasi:clocks/monotonic-clock@0.2.0" "subscribe-duration" (func $subscribe_duration (param i64) (result i32)))
  (import "wasi:clocks/wall-clock@0.2.0" "now" (func $wall_now (param i32)))
  (import "wasi:clocks/wall-clock@0.2.0" "resolution" (func $wall_resolution (param i32)))
  (import "wasi:io/error@0.2.0" "[resource-drop]error" (func $drop_error (param i32)))
  (import "wasi:io/poll@0.2.0" "[method]pollable.block" (func $block (param i32)))
  (import "wasi:io/poll@0.2.0" "poll" (func $poll (param i32 i32 i32)))
  (import "wasi:io/poll@0.2.0" "[resource-drop]pollable" (func $drop_pollable (param i32)))
  (import "wasi:io/streams@0.2.0" "[method]input-stream.blocking-read" (func $blocking_read (param i32 i64 i32)))
  (import "wasi:io/streams@0.2.0" "[method]input-stream.subscribe" (func $subscribe_input (param i32) (result i32)))
  (import "wasi:io/streams@0.2.0" "[method]output-stream.blocking-write-and-flush" (func $blocking_write (param i32 i32 i32 i32)))
  (import "wasi:random/random@0.2.0" "get-random-bytes" (func $get_random_bytes (param i64 i32)))

  ;; ---- memory ----

  ;; The scratch begins with 64 bytes for results ($ret); the rest is allocated
  ;; upwards and forgotten at the next $begin.
  (global $bump (mut i32) (i32.const 0))
  ;; Bytes and strings go to $dest..$dest_end while they fit.
  (global $dest (mut i32) (i32.const 0))
  (global $dest_end (mut i32) (i32.const 0))
  ;; With $discard set, strings overwrite each other: only their lengths count.
  (global $discard (mut i32) (i32.const 0))

  ;; A function of this name in a trace tells what is wrong: a host result
  ;; (thousands of environment variables, or one of several KiB) is too large.
  (func $host_result_exceeds_the_scratch_space_of_the_preview1_adapter (unreachable))

  ;; Makes the scratch empty and gives the address for results.
  (func $begin (result i32)
    (local $ret i32)
    (local.set $ret (call $scratch))
    (global.set $bump (i32.add (local.get $ret) (i32.const 64)))
    (global.set $dest (i32.const 0))
    (global.set $discard (i32.const 0))
    (local.get $ret))

  (func $deliver (param $to i32) (param $len i32)
    (global.set $dest (local.get $to))
    (global.set $dest_end (i32.add (local.get $to) (local.get $len))))

  (func $allocate (param $align i32) (param $size i32) (result i32)
    (local $p i32)
    (if (i32.and (i32.eq (local.get $align) (i32.const 1)) (i32.ne (global.get $dest) (i32.const 0)))
      (then
        (local.set $p (global.get $dest))
        (if (i32.le_u (local.get $size) (i32.sub (global.get $dest_end) (local.get $p)))
          (then
            (global.set $dest (i32.add (local.get $p) (local.get $size)))
            (return (local.get $p))))))
    (local.set $p
      (i32.and
        (i32.add (global.get $bump) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (if (i32.gt_u (local.get $size)
          (i32.sub (i32.add (call $scratch) (i32.const 8192)) (local.get $p)))
      (then (call $host_result_exceeds_the_scratch_space_of_the_preview1_adapter)))
    (if (i32.eqz (i32.and (global.get $discard) (i32.eq (local.get $align) (i32.const 1))))
      (then (global.set $bump (i32.add (local.get $p) (local.get $size)))))
    (local.get $p))

  ;; The realloc of the adapter's own imports. Hosts that do not know the size
  ;; of a string beforehand allocate again; the last allocation can be resized
  ;; where it is.
  (func (export "cabi_import_realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
    (local $p i32) (local $end i32)
    (if (i32.eqz (local.get $old_size)) (then (return (call $allocate (local.get $align) (local.get $size)))))
    (local.set $end (i32.add (local.get $old) (local.get $old_size)))
    (if (i32.eq (local.get $end) (global.get $dest)) (then (global.set $dest (local.get $old))))
    (if (i32.eq (local.get $end) (global.get $bump)) (then (global.set $bump (local.get $old))))
    (local.set $p (call $allocate (local.get $align) (local.get $size)))
    (memory.copy (local.get $p) (local.get $old)
      (select (local.get $size) (local.get $old_size) (i32.lt_u (local.get $size) (local.get $old_size))))
    (local.get $p))

  ;; ---- the guest's realloc ----

  ;; Set while code of the guest runs that may not call imports.
  (global $confined (mut i32) (i32.const 0))

  ;; The realloc of the guest's imports and exports.
  (func $realloc (export "cabi_realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
    (local $confined i32) (local $p i32)
    (local.set $confined (global.get $confined))
    (global.set $confined (i32.const 1))
    (local.set $p (call $guest_realloc (local.get $old) (local.get $old_size) (local.get $align) (local.get $size)))
    (global.set $confined (local.get $confined))
    (local.get $p))

  (global $scratch_base (mut i32) (i32.const 0))

  ;; Candidates for $scratch. Go's linker leaves 4096..12288 free.
  (func $scratch_fixed (result i32) (i32.const 4096))

  (func $scratch_allocated (result i32)
    (if (i32.eqz (global.get $scratch_base))
      (then (global.set $scratch_base (call $realloc (i32.const 0) (i32.const 0) (i32.const 8) (i32.const 8192)))))
    (global.get $scratch_base))

  (func $scratch_grown (result i32)
    (local $page i32)
    (if (i32.eqz (global.get $scratch_base))
      (then
        (local.set $page (memory.grow (i32.const 1)))
        (if (i32.eq (local.get $page) (i32.const -1)) (then (unreachable)))
        (global.set $scratch_base (i32.shl (local.get $page) (i32.const 16)))))
    (global.get $scratch_base))

  ;; ---- clocks, random, exit ----

  ;; The last readings, for use while the guest is confined.
  (global $monotonic (mut i64) (i64.const 0))
  (global $wall (mut i64) (i64.const 0))

  (func $read_monotonic (result i64)
    (if (i32.eqz (global.get $confined)) (then (global.set $monotonic (call $monotonic_now))))
    (global.get $monotonic))

  (func $nanoseconds (param $datetime i32) (result i64)
    (i64.add
      (i64.mul (i64.load (local.get $datetime)) (i64.const 1_000_000_000))
      (i64.load32_u offset=8 (local.get $datetime))))

  (func $read_wall (result i64)
    (local $ret i32)
    (if (i32.eqz (global.get $confined))
      (then
        (local.set $ret (call $begin))
        (call $wall_now (local.get $ret))
        (global.set $wall (call $nanoseconds (local.get $ret)))))
    (global.get $wall))

  (func (export "clock_time_get") (param $id i32) (param $precision i64) (param $out i32) (result i32)
    (if (i32.gt_u (local.get $id) (i32.const 1)) (then (return (i32.const 28))))
    (if (local.get $id)
      (then (i64.store (local.get $out) (call $read_monotonic)))
      (else (i64.store (local.get $out) (call $read_wall))))
    (i32.const 0))

  (func (export "clock_res_get") (param $id i32) (param $out i32) (result i32)
    (local $ret i32)
    (if (i32.gt_u (local.get $id) (i32.const 1)) (then (return (i32.const 28))))
    (if (local.get $id)
      (then (i64.store (local.get $out) (call $monotonic_resolution)))
      (else
        (local.set $ret (call $begin))
        (call $wall_resolution (local.get $ret))
        (i64.store (local.get $out) (call $nanoseconds (local.get $ret)))))
    (i32.const 0))

  (func (export "random_get") (param $buf i32) (param $len i32) (result i32)
    (local $ret i32)
    (if (i32.eqz (local.get $len)) (then (return (i32.const 0))))
    (local.set $ret (call $begin))
    (call $deliver (local.get $buf) (local.get $len))
    (call $get_random_bytes (i64.extend_i32_u (local.get $len)) (local.get $ret))
    (if (i32.ne (i32.load offset=4 (local.get $ret)) (local.get $len)) (then (return (i32.const 29))))
    (memory.copy (local.get $buf) (i32.load (local.get $ret)) (local.get $len))
    (i32.const 0))

  (func (export "proc_exit") (param $code i32)
    (call $exit (i32.ne (local.get $code) (i32.const 0)))
    (unreachable))

  (func (export "proc_raise") (param i32) (result i32) (i32.const 58))
  (func (export "sched_yield") (result i32) (i32.const 0))

  ;; wasi:cli/run of a command: a program that ends without proc_exit has
  ;; succeeded.
  (func (export "run") (result i32)
    (call $start)
    (i32.const 0))

  ;; ---- arguments and environment ----

  ;; What the sizes functions answered last.
  (global $args_count (mut i32) (i32.const 0))
  (global $args_size (mut i32) (i32.const 0))
  (global $env_count (mut i32) (i32.const 0))
  (global $env_size (mut i32) (i32.const 0))

  ;; Adds up the lengths of count strings at list, each with one byte more.
  (func $total (param $list i32) (param $count i32) (result i32)
    (local $sum i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $sum (i32.add (local.get $sum) (i32.add (i32.load offset=4 (local.get $list)) (i32.const 1))))
        (local.set $list (i32.add (local.get $list) (i32.const 8)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next)))
    (local.get $sum))

  ;; Copies one string and a byte behind it to the buffer, and gives the new
  ;; end. Strings that the host put into the buffer stand to the right of where
  ;; they go, in order, so that nothing is overwritten before it is moved.
  (func $append (param $to i32) (param $string i32) (param $terminator i32) (result i32)
    (local $len i32)
    (local.set $len (i32.load offset=4 (local.get $string)))
    (memory.copy (local.get $to) (i32.load (local.get $string)) (local.get $len))
    (local.set $to (i32.add (local.get $to) (local.get $len)))
    (i32.store8 (local.get $to) (local.get $terminator))
    (i32.add (local.get $to) (i32.const 1)))

  (func (export "args_sizes_get") (param $count i32) (param $size i32) (result i32)
    (local $ret i32)
    (local.set $ret (call $begin))
    (global.set $discard (i32.const 1))
    (call $get_arguments (local.get $ret))
    (global.set $args_count (i32.load offset=4 (local.get $ret)))
    (global.set $args_size (call $total (i32.load (local.get $ret)) (global.get $args_count)))
    (i32.store (local.get $count) (global.get $args_count))
    (i32.store (local.get $size) (global.get $args_size))
    (i32.const 0))

  (func (export "args_get") (param $pointers i32) (param $buf i32) (result i32)
    (local $ret i32) (local $list i32) (local $count i32)
    (local.set $ret (call $begin))
    (call $deliver
      (i32.add (local.get $buf) (global.get $args_count))
      (i32.sub (global.get $args_size) (global.get $args_count)))
    (call $get_arguments (local.get $ret))
    (local.set $list (i32.load (local.get $ret)))
    (local.set $count (i32.load offset=4 (local.get $ret)))
    (if (i32.or
          (i32.ne (local.get $count) (global.get $args_count))
          (i32.ne (call $total (local.get $list) (local.get $count)) (global.get $args_size)))
      (then (return (i32.const 61))))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $count)))
        (i32.store (local.get $pointers) (local.get $buf))
        (local.set $buf (call $append (local.get $buf) (local.get $list) (i32.const 0)))
        (local.set $pointers (i32.add (local.get $pointers) (i32.const 4)))
        (local.set $list (i32.add (local.get $list) (i32.const 8)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next)))
    (i32.const 0))

  (func (export "environ_sizes_get") (param $count i32) (param $size i32) (result i32)
    (local $ret i32)
    (local.set $ret (call $begin))
    (global.set $discard (i32.const 1))
    (call $get_environment (local.get $ret))
    (global.set $env_count (i32.load offset=4 (local.get $ret)))
    (global.set $env_size
      (call $total (i32.load (local.get $ret)) (i32.shl (global.get $env_count) (i32.const 1))))
    (i32.store (local.get $count) (global.get $env_count))
    (i32.store (local.get $size) (global.get $env_size))
    (i32.const 0))

  (func (export "environ_get") (param $pointers i32) (param $buf i32) (result i32)
    (local $ret i32) (local $list i32) (local $count i32) (local $strings i32)
    (local.set $ret (call $begin))
    (local.set $strings (i32.shl (global.get $env_count) (i32.const 1)))
    (call $deliver
      (i32.add (local.get $buf) (local.get $strings))
      (i32.sub (global.get $env_size) (local.get $strings)))
    (call $get_environment (local.get $ret))
    (local.set $list (i32.load (local.get $ret)))
    (local.set $count (i32.load offset=4 (local.get $ret)))
    (if (i32.or
          (i32.ne (local.get $count) (global.get $env_count))
          (i32.ne (call $total (local.get $list) (local.get $strings)) (global.get $env_size)))
      (then (return (i32.const 61))))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $count)))
        (i32.store (local.get $pointers) (local.get $buf))
        (local.set $buf (call $append (local.get $buf) (local.get $list) (i32.const 61)))
        (local.set $buf (call $append (local.get $buf) (i32.add (local.get $list) (i32.const 8)) (i32.const 0)))
        (local.set $pointers (i32.add (local.get $pointers) (i32.const 4)))
        (local.set $list (i32.add (local.get $list) (i32.const 16)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next)))
    (i32.const 0))

  ;; ---- standard streams ----

  ;; Handles are got once and kept.
  (global $stdin (mut i32) (i32.const -1))
  (global $stdout (mut i32) (i32.const -1))
  (global $stderr (mut i32) (i32.const -1))

  (func $input (result i32)
    (if (i32.eq (global.get $stdin) (i32.const -1)) (then (global.set $stdin (call $get_stdin))))
    (global.get $stdin))

  ;; The stream of file descriptor 1 or 2.
  (func $output (param $fd i32) (result i32)
    (if (i32.eq (local.get $fd) (i32.const 1))
      (then
        (if (i32.eq (global.get $stdout) (i32.const -1)) (then (global.set $stdout (call $get_stdout))))
        (return (global.get $stdout))))
    (if (i32.eq (global.get $stderr) (i32.const -1)) (then (global.set $stderr (call $get_stderr))))
    (global.get $stderr))

  (func $is_output (param $fd i32) (result i32)
    (i32.lt_u (i32.sub (local.get $fd) (i32.const 1)) (i32.const 2)))

  ;; The errno of a stream-error, whose handle is dropped.
  (func $stream_errno (param $error i32) (result i32)
    (if (i32.load8_u (local.get $error)) (then (return (i32.const 64))))
    (call $drop_error (i32.load offset=4 (local.get $error)))
    (i32.const 29))

  ;; Writes all of a buffer; one call of the host takes 4096 bytes.
  (func $write (param $stream i32) (param $buf i32) (param $len i32) (result i32)
    (local $ret i32) (local $n i32)
    (local.set $ret (call $begin))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $len)))
        (local.set $n
          (select (i32.const 4096) (local.get $len) (i32.gt_u (local.get $len) (i32.const 4096))))
        (call $blocking_write (local.get $stream) (local.get $buf) (local.get $n) (local.get $ret))
        (if (i32.load8_u (local.get $ret))
          (then (return (call $stream_errno (i32.add (local.get $ret) (i32.const 4))))))
        (local.set $buf (i32.add (local.get $buf) (local.get $n)))
        (local.set $len (i32.sub (local.get $len) (local.get $n)))
        (br $next)))
    (i32.const 0))

  (func (export "fd_write") (param $fd i32) (param $iovs i32) (param $count i32) (param $out i32) (result i32)
    (local $written i32) (local $len i32) (local $errno i32)
    (if (i32.eqz (call $is_output (local.get $fd))) (then (return (i32.const 8))))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $len (i32.load offset=4 (local.get $iovs)))
        (local.set $errno
          (call $write (call $output (local.get $fd)) (i32.load (local.get $iovs)) (local.get $len)))
        (br_if $done (local.get $errno))
        (local.set $written (i32.add (local.get $written) (local.get $len)))
        (local.set $iovs (i32.add (local.get $iovs) (i32.const 8)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next)))
    (i32.store (local.get $out) (local.get $written))
    ;; What went out before a fault is a success; the fault comes back.
    (select (i32.const 0) (local.get $errno) (local.get $written)))

  (func (export "fd_read") (param $fd i32) (param $iovs i32) (param $count i32) (param $out i32) (result i32)
    (local $ret i32) (local $buf i32) (local $len i32)
    (if (local.get $fd) (then (return (i32.const 8))))
    (i32.store (local.get $out) (i32.const 0))
    (block $found
      (loop $next
        (if (i32.eqz (local.get $count)) (then (return (i32.const 0))))
        (local.set $buf (i32.load (local.get $iovs)))
        (local.set $len (i32.load offset=4 (local.get $iovs)))
        (br_if $found (local.get $len))
        (local.set $iovs (i32.add (local.get $iovs) (i32.const 8)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next)))
    (loop $again
      (local.set $ret (call $begin))
      (call $deliver (local.get $buf) (local.get $len))
      (call $blocking_read (call $input) (i64.extend_i32_u (local.get $len)) (local.get $ret))
      (if (i32.load8_u (local.get $ret))
        (then
          (if (i32.load8_u offset=4 (local.get $ret)) (then (return (i32.const 0)))) ;; the end
          (return (call $stream_errno (i32.add (local.get $ret) (i32.const 4))))))
      (br_if $again (i32.eqz (i32.load offset=8 (local.get $ret)))))
    (if (i32.gt_u (i32.load offset=8 (local.get $ret)) (local.get $len)) (then (return (i32.const 61))))
    (memory.copy (local.get $buf) (i32.load offset=4 (local.get $ret)) (i32.load offset=8 (local.get $ret)))
    (i32.store (local.get $out) (i32.load offset=8 (local.get $ret)))
    (i32.const 0))

  ;; ---- poll_oneoff ----

  ;; A subscription has 48 bytes: userdata u64 at 0, kind u8 at 8 (0 clock,
  ;; 1 read, 2 write); of a clock: id u32 at 16, timeout u64 at 24, flags u16 at
  ;; 40 (1 absolute); else the descriptor u32 at 16. An event has 32 bytes:
  ;; userdata at 0, errno u16 at 8, kind u8 at 10, nbytes u64 at 16, flags u16
  ;; at 24.

  ;; Writes an event and gives the address of the next.
  (func $event (param $out i32) (param $sub i32) (param $errno i32) (result i32)
    (memory.fill (local.get $out) (i32.const 0) (i32.const 32))
    (i64.store (local.get $out) (i64.load (local.get $sub)))
    (i32.store16 offset=8 (local.get $out) (local.get $errno))
    (i32.store8 offset=10 (local.get $out) (i32.load8_u offset=8 (local.get $sub)))
    (if (i32.and (i32.eqz (local.get $errno)) (i32.ne (i32.load8_u offset=8 (local.get $sub)) (i32.const 0)))
      (then (i64.store offset=16 (local.get $out) (i64.const 1))))
    (i32.add (local.get $out) (i32.const 32)))

  ;; The errno with which a subscription is answered at once, or -1 if it must
  ;; be waited for. Writing to a standard stream is always possible.
  (func $immediate (param $sub i32) (result i32)
    (local $kind i32) (local $fd i32)
    (local.set $kind (i32.load8_u offset=8 (local.get $sub)))
    (local.set $fd (i32.load offset=16 (local.get $sub)))
    (if (i32.eqz (local.get $kind))
      (then
        (if (i32.gt_u (local.get $fd) (i32.const 1)) (then (return (i32.const 28)))) ;; the clock's id
        (return
          (select (i32.const -1) (i32.const 0)
            (i32.or
              (i64.ne (i64.load offset=24 (local.get $sub)) (i64.const 0))
              (i32.and (i32.load16_u offset=40 (local.get $sub)) (i32.const 1)))))))
    (if (i32.eq (local.get $kind) (i32.const 1))
      (then (return (select (i32.const 8) (i32.const -1) (local.get $fd)))))
    (select (i32.const 0) (i32.const 8) (call $is_output (local.get $fd))))

  ;; The pollable of a subscription that must be waited for.
  (func $pollable (param $sub i32) (result i32)
    (local $timeout i64) (local $now i64)
    (if (i32.load8_u offset=8 (local.get $sub)) (then (return (call $subscribe_input (call $input)))))
    (local.set $timeout (i64.load offset=24 (local.get $sub)))
    (if (i32.and (i32.load16_u offset=40 (local.get $sub)) (i32.const 1))
      (then
        (if (i32.load offset=16 (local.get $sub)) (then (return (call $subscribe_instant (local.get $timeout)))))
        (local.set $now (call $read_wall))
        (local.set $timeout
          (select
            (i64.sub (local.get $timeout) (local.get $now))
            (i64.const 0)
            (i64.gt_u (local.get $timeout) (local.get $now))))))
    (call $subscribe_duration (local.get $timeout)))

  ;; Waits for the only subscription.
  (func $wait_one (param $sub i32)
    (local $pollable i32)
    (local.set $pollable (call $pollable (local.get $sub)))
    (call $block (local.get $pollable))
    (call $drop_pollable (local.get $pollable)))

  ;; Waits for several subscriptions, and gives the end of the events.
  (func $wait_some (param $subs i32) (param $count i32) (param $out i32) (result i32)
    (local $ret i32) (local $handles i32) (local $i i32) (local $ready i32)
    (local.set $handles (i32.add (call $scratch) (i32.const 64)))
    (loop $next
      (i32.store
        (i32.add (local.get $handles) (i32.shl (local.get $i) (i32.const 2)))
        (call $pollable (i32.add (local.get $subs) (i32.mul (local.get $i) (i32.const 48)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $count))))
    (local.set $ret (call $begin))
    (global.set $bump (i32.add (local.get $handles) (i32.shl (local.get $count) (i32.const 2))))
    (call $poll (local.get $handles) (local.get $count) (local.get $ret))
    (local.set $ready (i32.load (local.get $ret)))
    (local.set $i (i32.load offset=4 (local.get $ret)))
    (if (i32.gt_u (local.get $i) (local.get $count)) (then (unreachable)))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $i)))
        (local.set $out
          (call $event
            (local.get $out)
            (i32.add (local.get $subs) (i32.mul (i32.load (local.get $ready)) (i32.const 48)))
            (i32.const 0)))
        (local.set $ready (i32.add (local.get $ready) (i32.const 4)))
        (local.set $i (i32.sub (local.get $i) (i32.const 1)))
        (br $next)))
    (loop $next
      (call $drop_pollable (i32.load (i32.add (local.get $handles) (i32.shl (local.get $i) (i32.const 2)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $count))))
    (local.get $out))

  (func (export "poll_oneoff") (param $subs i32) (param $out i32) (param $count i32) (param $events i32) (result i32)
    (local $i i32) (local $sub i32) (local $errno i32) (local $end i32)
    (i32.store (local.get $events) (i32.const 0))
    (if (i32.eqz (local.get $count)) (then (return (i32.const 28))))
    (if (global.get $confined) (then (return (i32.const 0))))
    (local.set $end (local.get $out))
    (local.set $sub (local.get $subs))
    (loop $next
      (local.set $errno (call $immediate (local.get $sub)))
      (if (i32.ne (local.get $errno) (i32.const -1))
        (then (local.set $end (call $event (local.get $end) (local.get $sub) (local.get $errno)))))
      (local.set $sub (i32.add (local.get $sub) (i32.const 48)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $count))))
    (if (i32.eq (local.get $end) (local.get $out))
      (then
        (if (i32.eq (local.get $count) (i32.const 1))
          (then
            (call $wait_one (local.get $subs))
            (local.set $end (call $event (local.get $out) (local.get $subs) (i32.const 0))))
          (else
            (if (i32.gt_u (local.get $count) (i32.const 1000)) (then (return (i32.const 48))))
            (local.set $end (call $wait_some (local.get $subs) (local.get $count) (local.get $out)))))))
    (i32.store (local.get $events) (i32.shr_u (i32.sub (local.get $end) (local.get $out)) (i32.const 5)))
    (i32.const 0))

  ;; ---- descriptors: 0, 1 and 2 are the only ones ----

  ;; badf, or the given errno for a standard stream.
  (func $of_stdio (param $fd i32) (param $errno i32) (result i32)
    (select (local.get $errno) (i32.const 8) (i32.lt_u (local.get $fd) (i32.const 3))))

  (func (export "fd_close") (param $fd i32) (result i32) (call $of_stdio (local.get $fd) (i32.const 0)))
  (func (export "fd_fdstat_set_flags") (param $fd i32) (param i32) (result i32) (call $of_stdio (local.get $fd) (i32.const 0)))
  (func (export "fd_fdstat_set_rights") (param $fd i32) (param i64 i64) (result i32) (call $of_stdio (local.get $fd) (i32.const 0)))
  (func (export "fd_advise") (param $fd i32) (param i64 i64 i32) (result i32) (call $of_stdio (local.get $fd) (i32.const 70)))
  (func (export "fd_allocate") (param $fd i32) (param i64 i64) (result i32) (call $of_stdio (local.get $fd) (i32.const 70)))
  (func (export "fd_datasync") (param $fd i32) (result i32) (call $of_stdio (local.get $fd) (i32.const 28)))
  (func (export "fd_sync") (param $fd i32) (result i32) (call $of_stdio (local.get $fd) (i32.const 28)))
  (func (export "fd_filestat_set_size") (param $fd i32) (param i64) (result i32) (call $of_stdio (local.get $fd) (i32.const 28)))
  (func (export "fd_filestat_set_times") (param $fd i32) (param i64 i64 i32) (result i32) (call $of_stdio (local.get $fd) (i32.const 58)))
  (func (export "fd_pread") (param $fd i32) (param i32 i32 i64 i32) (result i32) (call $of_stdio (local.get $fd) (i32.const 70)))
  (func (export "fd_pwrite") (param $fd i32) (param i32 i32 i64 i32) (result i32) (call $of_stdio (local.get $fd) (i32.const 70)))
  (func (export "fd_readdir") (param $fd i32) (param i32 i32 i64 i32) (result i32) (call $of_stdio (local.get $fd) (i32.const 54)))
  (func (export "fd_renumber") (param $fd i32) (param i32) (result i32) (call $of_stdio (local.get $fd) (i32.const 58)))
  (func (export "fd_seek") (param $fd i32) (param i64 i32 i32) (result i32) (call $of_stdio (local.get $fd) (i32.const 70)))
  (func (export "fd_tell") (param $fd i32) (param i32) (result i32) (call $of_stdio (local.get $fd) (i32.const 70)))
  (func (export "fd_prestat_get") (param i32 i32) (result i32) (i32.const 8))
  (func (export "fd_prestat_dir_name") (param i32 i32 i32) (result i32) (i32.const 8))

  ;; The file type is unknown (0): a program must not think it has a terminal.
  (func (export "fd_fdstat_get") (param $fd i32) (param $out i32) (result i32)
    (if (i32.gt_u (local.get $fd) (i32.const 2)) (then (return (i32.const 8))))
    (memory.fill (local.get $out) (i32.const 0) (i32.const 24))
    ;; The rights: poll, and read or write.
    (i64.store offset=8 (local.get $out)
      (select (i64.const 0x8000040) (i64.const 0x8000002) (local.get $fd)))
    (i32.const 0))

  (func (export "fd_filestat_get") (param $fd i32) (param $out i32) (result i32)
    (if (i32.gt_u (local.get $fd) (i32.const 2)) (then (return (i32.const 8))))
    (memory.fill (local.get $out) (i32.const 0) (i32.const 64))
    (i32.const 0))

  ;; ---- paths and sockets: there are none ----

  (func (export "path_create_directory") (param i32 i32 i32) (result i32) (i32.const 44))
  (func (export "path_filestat_get") (param i32 i32 i32 i32 i32) (result i32) (i32.const 44))
  (func (export "path_filestat_set_times") (param i32 i32 i32 i32 i64 i64 i32) (result i32) (i32.const 44))
  (func (export "path_link") (param i32 i32 i32 i32 i32 i32 i32) (result i32) (i32.const 44))
  (func (export "path_open") (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32) (i32.const 44))
  (func (export "path_readlink") (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const 44))
  (func (export "path_remove_directory") (param i32 i32 i32) (result i32) (i32.const 44))
  (func (export "path_rename") (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const 44))
  (func (export "path_symlink") (param i32 i32 i32 i32 i32) (result i32) (i32.const 44))
  (func (export "path_unlink_file") (param i32 i32 i32) (result i32) (i32.const 44))
  (func (export "sock_accept") (param $fd i32) (param i32 i32) (result i32) (call $of_stdio (local.get $fd) (i32.const 57)))
  (func (export "sock_recv") (param $fd i32) (param i32 i32 i32 i32 i32) (result i32) (call $of_stdio (local.get $fd) (i32.const 57)))
  (func (export "sock_send") (param $fd i32) (param i32 i32 i32 i32) (result i32) (call $of_stdio (local.get $fd) (i32.const 57)))
  (func (export "sock_shutdown") (param $fd i32) (param i32) (result i32) (call $of_stdio (local.get $fd) (i32.const 57)))
)
