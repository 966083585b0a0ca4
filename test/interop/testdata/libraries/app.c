// The library that has the exports of the component.

typedef unsigned long size_t;
typedef int operation(int, int);
typedef struct { const char *at; size_t size; } string;

extern void note(char c);
extern const char *all_notes(void);
extern void *allocate(size_t n);
extern size_t length(const char *s);
extern operation *const operations[];
extern int calls;
extern int with_missing(int n);
extern void *dlopen(const char *, int);
extern void *dlsym(void *, const char *);

static const char greeting[] = "Hello, ";
static const char *const parts[] = {greeting, "!"};
static string result;

__attribute__((constructor)) static void begin(void) { note('a'); }

int from_app(int n) { return 10 * n; }

__attribute__((export_name("greet"))) string *greet(const char *name, size_t size) {
	char buffer[100]; // on the shared stack
	size_t n = 0;
	for (const char *p = parts[0]; *p; p++) buffer[n++] = *p;
	for (size_t i = 0; i < size && i < 50; i++) buffer[n++] = name[i];
	for (const char *p = parts[1]; *p; p++) buffer[n++] = *p;
	char *text = allocate(n);
	for (size_t i = 0; i < n; i++) text[i] = buffer[i];
	result.at = text;
	result.size = n;
	return &result;
}

__attribute__((export_name("apply"))) int apply(int op, int a, int b) {
	return operations[op](a, b) * 1000 + calls;
}

__attribute__((export_name("constructors"))) string *constructors(void) {
	result.at = all_notes();
	result.size = length(result.at);
	return &result;
}

__attribute__((export_name("without"))) int without(int n) { return with_missing(n); }

__attribute__((export_name("plugin"))) int plugin(int n) {
	void *library = dlopen("plugin.so", 1);
	int (*f)(int) = (int (*)(int))dlsym(library, "transform");
	int *offset = dlsym(library, "offset");
	*offset += 1;
	return f(n);
}
