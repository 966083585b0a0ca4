// What a C library would have, as far as the others need it.

typedef unsigned long size_t;

extern unsigned char __heap_base;

static unsigned char *next;
static char notes[16];
static int noted;

void note(char c) { notes[noted++] = c; }
const char *all_notes(void) { return notes; }

__attribute__((constructor)) static void begin(void) {
	next = &__heap_base;
	note('c');
}

void *allocate(size_t n) {
	unsigned char *p = next;
	next += (n + 15) & ~(size_t)15;
	return p;
}

size_t length(const char *s) {
	size_t n = 0;
	while (s[n]) n++;
	return n;
}

__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, size_t old_size, size_t align, size_t n) {
	return allocate(n);
}
