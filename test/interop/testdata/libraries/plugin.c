// A library that is opened by name. It calls back into the one that opens it.

extern int from_app(int n);

int offset = 5;
int transform(int n) { return from_app(n) + offset; }
