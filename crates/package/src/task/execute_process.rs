//! Execute Process Task: runs a program.

use crate::codes::numbered;

/// Execute Process Task.
#[derive(Clone, Debug)]
pub struct ExecuteProcess {
    /// Path or name of the program.
    pub executable: String,
    /// Its command line, as one text.
    pub arguments: String,
    /// Where it runs; empty for the current folder.
    pub working_directory: String,
    /// Whether a program that is not found fails the task.
    pub require_full_file_name: bool,
    /// Seconds; 0 waits for ever.
    pub time_out_s: u32,
    /// Whether the program is ended when its time is up.
    pub terminate_after_timeout: bool,
    /// The exit code that means success.
    pub success_value: i32,
    /// Whether another exit code fails the task.
    pub fail_on_other_exit_code: bool,
    /// Variable whose value the program reads; empty for none.
    pub standard_input_variable: String,
    /// Variable that receives what the program writes; empty for none.
    pub standard_output_variable: String,
    /// Variable that receives what the program writes to its error output; empty for none.
    pub standard_error_variable: String,
    /// How its window would show.
    pub window_style: WindowStyle,
}

impl Default for ExecuteProcess {
    fn default() -> Self {
        Self {
            executable: String::new(),
            arguments: String::new(),
            working_directory: String::new(),
            require_full_file_name: true,
            time_out_s: 0,
            terminate_after_timeout: true,
            success_value: 0,
            fail_on_other_exit_code: true,
            standard_input_variable: String::new(),
            standard_output_variable: String::new(),
            standard_error_variable: String::new(),
            window_style: WindowStyle::default(),
        }
    }
}

numbered! {
    /// How a window shows.
    WindowStyle {
        /// Normal.
        #[default]
        Normal = 0, "Normal";
        /// Not at all.
        Hidden = 1, "Hidden";
        /// As an icon.
        Minimized = 2, "Minimized";
        /// Full screen.
        Maximized = 3, "Maximized";
    }
}
