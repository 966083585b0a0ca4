(module $libdl.so
  (import "env" "memory" (memory 0))
  (import "env" "__memory_base" (global $base i32))
  (import "GOT.mem" "__wasm_libdl_libraries" (global $root (mut i32)))

  ;; What dlerror gives next.
  (global $error (mut i32) (i32.const 0))

  (data (global.get $base)
    "dlopen: no such library was linked to be opened\00"          ;; at 0
    "dlopen: the program itself cannot be opened\00"              ;; at 48
    "the handle is none that dlopen has given\00"                 ;; at 92
    "dlsym: the library has no such symbol\00")                   ;; at 133, to 171

  (func $fail (param $message i32) (result i32)
    (global.set $error (i32.add (global.get $base) (local.get $message)))
    (i32.const 0))

  (func $length (param $text i32) (result i32)
    (local $end i32)
    (local.set $end (local.get $text))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (i32.load8_u (local.get $end))))
        (local.set $end (i32.add (local.get $end) (i32.const 1)))
        (br $next)))
    (i32.sub (local.get $end) (local.get $text)))

  ;; Less than 0, 0 or more, as the first name comes before, is, or comes after
  ;; the second.
  (func $compare (param $a i32) (param $a_size i32) (param $b i32) (param $b_size i32) (result i32)
    (local $i i32) (local $difference i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $a_size)))
        (br_if $done (i32.ge_u (local.get $i) (local.get $b_size)))
        (local.set $difference (i32.sub
          (i32.load8_u (i32.add (local.get $a) (local.get $i)))
          (i32.load8_u (i32.add (local.get $b) (local.get $i)))))
        (if (local.get $difference) (then (return (local.get $difference))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (i32.sub (local.get $a_size) (local.get $b_size)))

  ;; The entry with a name in a sorted table; 0 if there is none.
  (func $find (param $table i32) (param $count i32) (param $entry_size i32) (param $name i32) (result i32)
    (local $size i32) (local $low i32) (local $middle i32) (local $entry i32) (local $order i32)
    (local.set $size (call $length (local.get $name)))
    (block $absent
      (loop $next
        (br_if $absent (i32.ge_u (local.get $low) (local.get $count)))
        (local.set $middle (i32.shr_u (i32.add (local.get $low) (local.get $count)) (i32.const 1)))
        (local.set $entry (i32.add (local.get $table) (i32.mul (local.get $middle) (local.get $entry_size))))
        (local.set $order (call $compare
          (local.get $name) (local.get $size)
          (i32.load offset=4 (local.get $entry)) (i32.load (local.get $entry))))
        (if (i32.eqz (local.get $order)) (then (return (local.get $entry))))
        (if (i32.lt_s (local.get $order) (i32.const 0))
          (then (local.set $count (local.get $middle)))
          (else (local.set $low (i32.add (local.get $middle) (i32.const 1)))))
        (br $next)))
    (i32.const 0))

  ;; A handle is the address of a library's entry.
  (func $valid (param $handle i32) (result i32)
    (local $offset i32)
    (local.set $offset (i32.sub (local.get $handle) (i32.load offset=4 (global.get $root))))
    (i32.and
      (i32.lt_u (local.get $offset) (i32.mul (i32.load (global.get $root)) (i32.const 16)))
      (i32.eqz (i32.and (local.get $offset) (i32.const 15)))))

  (func (export "dlopen") (param $name i32) (param $flags i32) (result i32)
    (local $entry i32)
    (if (i32.eqz (local.get $name)) (then (return (call $fail (i32.const 48)))))
    (local.set $entry (call $find
      (i32.load offset=4 (global.get $root)) (i32.load (global.get $root)) (i32.const 16) (local.get $name)))
    (if (i32.eqz (local.get $entry)) (then (return (call $fail (i32.const 0)))))
    (local.get $entry))

  (func (export "dlsym") (param $handle i32) (param $name i32) (result i32)
    (local $entry i32)
    (if (i32.eqz (call $valid (local.get $handle))) (then (return (call $fail (i32.const 92)))))
    (local.set $entry (call $find
      (i32.load offset=12 (local.get $handle)) (i32.load offset=8 (local.get $handle)) (i32.const 12) (local.get $name)))
    (if (i32.eqz (local.get $entry)) (then (return (call $fail (i32.const 133)))))
    (i32.load offset=8 (local.get $entry)))

  (func (export "dlclose") (param $handle i32) (result i32)
    (if (call $valid (local.get $handle)) (then (return (i32.const 0))))
    (drop (call $fail (i32.const 92)))
    (i32.const -1))

  (func (export "dlerror") (result i32)
    (local $error i32)
    (local.set $error (global.get $error))
    (global.set $error (i32.const 0))
    (local.get $error)))
