// Command workload writes one profile of every kind that Go takes of itself.
package main

import (
	"context"
	"os"
	"runtime"
	"runtime/pprof"
	"sync"
	"time"
)

var kept [][]byte

//go:noinline
func spin(until time.Time) (sum int) {
	for time.Now().Before(until) {
		for i := 0; i < 10000; i++ {
			sum += square(i)
		}
	}
	return sum
}

func square(i int) int { return i * i % 7 }

//go:noinline
func serve(route string, share time.Duration) {
	labels := pprof.Labels("route", route, "tier", "<b>web;1</b>")
	pprof.Do(context.Background(), labels, func(context.Context) { spin(time.Now().Add(share)) })
}

//go:noinline
func keep(count, size int) {
	for i := 0; i < count; i++ {
		kept = append(kept, make([]byte, size))
	}
}

//go:noinline
func contend() {
	var lock sync.Mutex
	var all sync.WaitGroup
	for i := 0; i < 4; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for j := 0; j < 5; j++ {
				lock.Lock()
				time.Sleep(time.Millisecond)
				lock.Unlock()
			}
		}()
	}
	all.Wait()
}

func write(name string) {
	file, err := os.Create(name + ".pb.gz")
	if err != nil {
		panic(err)
	}
	defer file.Close()
	if err := pprof.Lookup(name).WriteTo(file, 0); err != nil {
		panic(err)
	}
}

func main() {
	runtime.MemProfileRate = 512
	runtime.SetMutexProfileFraction(1)
	runtime.SetBlockProfileRate(1)
	file, err := os.Create("cpu.pb.gz")
	if err != nil {
		panic(err)
	}
	pprof.StartCPUProfile(file)
	serve("/cheap", 300*time.Millisecond)
	serve("/dear", 900*time.Millisecond)
	pprof.StopCPUProfile()
	file.Close()
	keep(100, 4096)
	contend()
	runtime.GC()
	for _, name := range []string{"heap", "mutex", "block", "goroutine"} {
		write(name)
	}
}
