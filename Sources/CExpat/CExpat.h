// expat as the installed library declares it, with its limits against entity bombs.
#ifndef XML_DTD
#define XML_DTD 1
#endif
#include <expat.h>
