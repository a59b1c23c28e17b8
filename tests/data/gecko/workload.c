/* square runs three times as long as cube; both are called from work, work from main. */
static volatile long sink;

static inline __attribute__((always_inline)) void spin(long rounds) {
    for (long i = 0; i < rounds; i++) sink += i;
}

__attribute__((noinline)) void square(long rounds) { spin(3 * rounds); sink++; }
__attribute__((noinline)) void cube(long rounds) { spin(rounds); sink++; }
__attribute__((noinline)) void work(long rounds) { square(rounds); cube(rounds); sink++; }

int main(void) {
    for (int i = 0; i < 100; i++) work(400000);
    return 0;
}
