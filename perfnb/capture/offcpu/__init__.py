"""What threads waited for: context switches joined with stacks, reasons and wakers."""
