// setns(2), which the C library's own module leaves out. Empty where there is no such thing.
#pragma once
#ifdef __linux__
extern int setns(int descriptor, int kind);
#endif
