/* Shares its time 3 : 1 between two functions that call the same third one. */

#include <stdio.h>

static volatile unsigned long total;

__attribute__((noinline)) void spin(unsigned long times) {
    for (unsigned long i = 0; i < times; i++) total += i;
}

__attribute__((noinline)) void three(void) {
    spin(3000000);
    total++;
}

__attribute__((noinline)) void one(void) {
    spin(1000000);
    total++;
}

int main(void) {
    for (int i = 0; i < 60; i++) {
        three();
        one();
    }
    printf("%lu\n", total);
}
