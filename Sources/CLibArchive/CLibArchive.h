// libarchive's reader, writer and entry interfaces, as the installed library declares them.
#include <archive.h>
#include <archive_entry.h>
