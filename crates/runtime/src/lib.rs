//! Control flow: containers, tasks, precedence, events
