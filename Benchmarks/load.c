/* load PORT PLAN CONNECTIONS [CA.PEM]: asks the HTTP proxy at 127.0.0.1:PORT for every URL in the file PLAN, over so many
   connections that are kept alive, and checks each answer: its status is 200 and its body as long as it should be.

   A line of PLAN is URL LENGTH [SHA256]; where the hash is given the body must have it. All URLs are of one scheme and host.
   https:// goes by way of CONNECT and TLS, and the certificates must be by the authority in CA.PEM.
   Prints the seconds from the first connection's start to the last byte. The exit status is 1 when an answer was wrong. */
#define _GNU_SOURCE /* memmem */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef struct {
    char url[512];
    long long length;
    char hash[65]; /* "" where it is not checked */
} Item;

typedef struct {
    int socket; /* -1 when there is none */
    SSL *tls;
    char bytes[256 << 10];
    size_t start, end; /* what of `bytes` was read, and not used yet */
} Connection;

static Item *items;
static size_t item_count;
static atomic_size_t next_item;
static int port;
static SSL_CTX *context;
static char host[256]; /* with its port */

static void give_up(const char *format, ...) {
    va_list words;
    va_start(words, format);
    fprintf(stderr, "load: ");
    vfprintf(stderr, format, words);
    fprintf(stderr, "\n");
    va_end(words);
    exit(1);
}

static void fill(Connection *connection, const char *url) {
    ssize_t count;
    if (connection->start == connection->end) connection->start = connection->end = 0;
    char *place = connection->bytes + connection->end;
    size_t room = sizeof connection->bytes - connection->end;
    if (room == 0) give_up("%s: its head has no end", url);
    if (connection->tls) {
        count = SSL_read(connection->tls, place, room);
    } else {
        count = recv(connection->socket, place, room, 0);
    }
    if (count <= 0) give_up("%s: the connection ended early", url);
    connection->end += count;
}

static void send_all(Connection *connection, const char *text) {
    size_t count = strlen(text);
    while (count > 0) {
        ssize_t sent = connection->tls ? SSL_write(connection->tls, text, count)
                                       : send(connection->socket, text, count, MSG_NOSIGNAL);
        if (sent <= 0) give_up("a request could not be sent");
        text += sent;
        count -= sent;
    }
}

/* Reads a head, and ends it with a zero in place of its last line feed. */
static char *read_head(Connection *connection, const char *url) {
    size_t seen = 0;
    for (;;) {
        char *start = connection->bytes + connection->start;
        char *end = memmem(start + seen, connection->end - connection->start - seen, "\r\n\r\n", 4);
        if (end) {
            end[3] = 0;
            connection->start = end + 4 - connection->bytes;
            return start;
        }
        size_t length = connection->end - connection->start;
        seen = length > 3 ? length - 3 : 0;
        fill(connection, url);
    }
}

static void connect_to_proxy(Connection *connection) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int yes = 1;
    connection->start = connection->end = 0;
    connection->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (connection->socket < 0 || connect(connection->socket, (struct sockaddr *)&address, sizeof address) != 0)
        give_up("no connection to port %d", port);
    setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (!context) return;
    char request[1024], name[sizeof host];
    snprintf(request, sizeof request, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", host, host);
    send_all(connection, request);
    char *head = read_head(connection, host);
    if (strncmp(head, "HTTP/1.1 200", 12) != 0) give_up("no tunnel: %.80s", head);
    strcpy(name, host);
    *strrchr(name, ':') = 0;
    connection->tls = SSL_new(context);
    SSL_set_tlsext_host_name(connection->tls, name);
    SSL_set1_host(connection->tls, name);
    SSL_set_fd(connection->tls, connection->socket);
    if (SSL_connect(connection->tls) != 1)
        give_up("no TLS: %s", X509_verify_cert_error_string(SSL_get_verify_result(connection->tls)));
}

static void disconnect(Connection *connection) {
    if (connection->tls) SSL_free(connection->tls);
    connection->tls = NULL;
    close(connection->socket);
    connection->socket = -1;
}

/* The value of a header, up to its line's end; NULL without one. */
static const char *header(const char *head, const char *name) {
    size_t length = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, length) == 0 && line[length] == ':') return line + length + 1;
    }
    return NULL;
}

static void get(Connection *connection, const Item *item) {
    char request[2048];
    /* In a tunnel paths alone are named. */
    const char *target = context ? strchr(strstr(item->url, "://") + 3, '/') : item->url;
    snprintf(
        request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: load\r\nAccept: */*\r\n\r\n", target, host);
    if (connection->socket < 0) connect_to_proxy(connection);
    send_all(connection, request);
    char *head = read_head(connection, item->url);
    if (strncmp(head, "HTTP/1.1 200", 12) != 0) give_up("%s: %.80s", item->url, head);
    const char *said = header(head, "content-length"), *close = header(head, "connection");
    int is_last = close && strncasecmp(close + strspn(close, " "), "close", 5) == 0;
    if (!said || atoll(said) != item->length)
        give_up("%s: %lld bytes instead of %lld", item->url, said ? atoll(said) : -1, item->length);
    EVP_MD_CTX *digest = item->hash[0] ? EVP_MD_CTX_new() : NULL;
    if (digest) EVP_DigestInit_ex(digest, EVP_sha256(), NULL);
    for (long long rest = item->length; rest > 0;) {
        if (connection->start == connection->end) fill(connection, item->url);
        long long count = connection->end - connection->start;
        if (count > rest) count = rest;
        if (digest) EVP_DigestUpdate(digest, connection->bytes + connection->start, count);
        connection->start += count;
        rest -= count;
    }
    if (connection->start != connection->end) give_up("%s: more than its body", item->url);
    if (digest) {
        unsigned char hash[32];
        char text[65];
        EVP_DigestFinal_ex(digest, hash, NULL);
        for (int index = 0; index < 32; index++) sprintf(text + 2 * index, "%02x", hash[index]);
        if (strcmp(text, item->hash) != 0) give_up("%s: its body has the hash %s", item->url, text);
        EVP_MD_CTX_free(digest);
    }
    if (is_last) disconnect(connection);
}

static void *work(void *nothing) {
    Connection *connection = malloc(sizeof *connection);
    size_t index;
    if (!connection) exit(70);
    connection->socket = -1;
    connection->tls = NULL;
    while ((index = atomic_fetch_add(&next_item, 1)) < item_count) get(connection, &items[index]);
    if (connection->socket >= 0) disconnect(connection);
    free(connection);
    return nothing;
}

static void read_plan(const char *path) {
    char line[1024];
    size_t room = 0;
    FILE *file = fopen(path, "r");
    if (!file) {
        perror(path);
        exit(66);
    }
    while (fgets(line, sizeof line, file)) {
        if (item_count == room && !(items = realloc(items, (room = room * 2 + 64) * sizeof *items))) exit(70);
        Item *item = &items[item_count++];
        item->hash[0] = 0;
        if (sscanf(line, "%511s %lld %64s", item->url, &item->length, item->hash) < 2) give_up("no such plan: %s", line);
    }
    fclose(file);
    if (item_count == 0) give_up("%s is empty", path);
    if (sscanf(items[0].url, "%*[a-z]://%255[^/]/", host) != 1 || !strchr(host, ':'))
        give_up("%s: no scheme, host and port", items[0].url);
}

int main(int argc, char **argv) {
    if (argc < 4) {
        fprintf(stderr, "usage: load PORT PLAN CONNECTIONS [CA.PEM]\n");
        return 64;
    }
    port = atoi(argv[1]);
    read_plan(argv[2]);
    signal(SIGPIPE, SIG_IGN);
    if (strncmp(items[0].url, "https:", 6) == 0) {
        context = SSL_CTX_new(TLS_client_method());
        if (!context || argc < 5 || SSL_CTX_load_verify_locations(context, argv[4], NULL) != 1)
            give_up("https:// needs the authority's certificate");
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    }
    int count = atoi(argv[3]);
    pthread_t threads[64];
    if (count < 1 || count > 64) give_up("1 to 64 connections");
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int index = 0; index < count; index++)
        if (pthread_create(&threads[index], NULL, work, NULL) != 0) return 70;
    for (int index = 0; index < count; index++) pthread_join(threads[index], NULL);
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%.6f\n", end.tv_sec - start.tv_sec + (end.tv_nsec - start.tv_nsec) / 1e9);
    return 0;
}
