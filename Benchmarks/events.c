/* events FILE...: reads each file and pulls libyaml's events until the end or an error, and does nothing with them.
   What reading a buildspec by libyaml cannot be faster than. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

static void pull(const unsigned char *bytes, size_t count) {
    yaml_parser_t parser;
    yaml_event_t event;
    int is_end = 0;
    if (!yaml_parser_initialize(&parser)) exit(70);
    yaml_parser_set_input_string(&parser, bytes, count);
    while (!is_end && yaml_parser_parse(&parser, &event)) {
        is_end = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
}

int main(int argc, char **argv) {
    for (int index = 1; index < argc; index++) {
        struct stat info;
        int file = open(argv[index], O_RDONLY);
        if (file < 0 || fstat(file, &info) != 0) {
            perror(argv[index]);
            return 66;
        }
        unsigned char *bytes = malloc(info.st_size + 1);
        ssize_t count = read(file, bytes, info.st_size);
        close(file);
        if (!bytes || count < 0) return 74;
        pull(bytes, count);
        free(bytes);
    }
    return 0;
}
