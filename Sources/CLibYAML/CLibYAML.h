// libyaml's event parser, as the installed library declares it.
#include <yaml.h>
