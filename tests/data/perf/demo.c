// Known shares: "square" works three times as long as "cube"; "wide: [load] 2" reads from the kernel.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

static volatile long sink;

static inline __attribute__((always_inline)) void spin(long rounds) {
    for (long i = 0; i < rounds; i++) sink += i;
}

__attribute__((noinline)) void square(long rounds) { spin(3 * rounds); sink++; }
__attribute__((noinline)) void cube(long rounds) { spin(rounds); sink++; }

__attribute__((noinline)) void descend(int depth, long rounds) {
    if (depth) descend(depth - 1, rounds);
    else { square(rounds); cube(rounds); }
    sink++;
}

static void *load(void *unused) {
    prctl(PR_SET_NAME, "wide: [load] 2");
    static char page[1 << 16];
    int zero = open("/dev/zero", O_RDONLY);
    for (int i = 0; i < 4000; i++) sink += read(zero, page, sizeof page);
    close(zero);
    return unused;
}

int main(int count, char **words) {
    long rounds = count > 1 ? atol(words[1]) : 100000;
    pthread_t other;
    pthread_create(&other, NULL, load, NULL);
    for (int i = 0; i < 100; i++) descend(5, rounds);
    pthread_join(other, NULL);
    usleep(1000);
    return 0;
}
