// Operations on numbers, some of which are found by their addresses.

extern void note(char c);
extern int missing(int) __attribute__((weak));

int calls = 0;
int add(int a, int b) { calls++; return a + b; }
int multiply(int a, int b) { calls++; return a * b; }

typedef int operation(int, int);
operation *const operations[] = {add, multiply};

__attribute__((constructor)) static void begin(void) { note('o'); }

int with_missing(int n) { return missing ? missing(n) : n; }
