//! One command from its start to its end: moves bytes between its terminals and the caller, and ends it when it must.

use std::io;
use std::pin::Pin;
use std::process::ExitStatus;
use std::time::Duration;

use luna_core::ports::{CommandInput, CommandIo, CommandOutput};
use luna_model::{CommandOutcome, Error, OutputStream, Result};
use tokio::io::unix::AsyncFd;
use tokio::process::Child;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::{Instant, Sleep, sleep_until};

use super::Job;
use super::capture::Capture;
use super::processes::{self, Processes};
use super::terminal::Terminal;

/// How long processes that were asked to end may take before they are ended.
const GRACE: Duration = Duration::from_secs(2);
/// How long to wait for what the kernel still owes once all is over.
const LAST: Duration = Duration::from_secs(1);
/// A terminal that is quiet this long after its command has ended holds nothing more, though a process that the command
/// left behind may still hold the terminal.
const QUIET: Duration = Duration::from_millis(100);
/// More than a kernel keeps for one terminal: what comes beyond it was written after the command had ended.
const LEFT_OVER: usize = 1 << 18;
/// Most bytes that are read and passed on at once.
const CHUNK: usize = 1 << 16;
/// What a terminal takes for the end of input (control D), at the beginning of a line.
const END_OF_INPUT: u8 = 4;

/// How far it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Runs.
    Running,
    /// Ended by itself; what it wrote is still being read.
    Draining,
    /// Asked to end.
    Asked,
    /// Ended by force.
    Killed,
}

/// One of its terminals.
struct Line {
    terminal: AsyncFd<Terminal>,
    stream: OutputStream,
    open: bool,
}

impl Line {
    fn open(stream: OutputStream, size: (u16, u16)) -> Result<Self> {
        Terminal::open(size).map(|terminal| Self { terminal, stream, open: true }).map_err(|e| {
            Error::unavailable(format!("the system gives no terminal for the command: {e}")).because(e)
        })
    }

    /// Reads all that is there, up to the buffer's size. 0 = the end. Loses nothing when dropped.
    async fn read(&self, buffer: &mut [u8]) -> usize {
        while let Ok(mut ready) = self.terminal.readable().await {
            let mut filled = 0;
            while filled < buffer.len() {
                match ready.try_io(|terminal| terminal.get_ref().read(&mut buffer[filled..])) {
                    Ok(Ok(count)) if count > 0 => filled += count,
                    Ok(Err(e)) if e.kind() == io::ErrorKind::Interrupted => {}
                    Ok(_the_end) => return filled,
                    Err(_would_block) => break,
                }
            }
            // Woken for nothing is not the end.
            if filled > 0 {
                return filled;
            }
        }
        0
    }

    /// Writes some of it; says how much was taken. What nobody will read any more counts as taken.
    async fn write(&self, bytes: &[u8]) -> usize {
        self.terminal
            .async_io(tokio::io::Interest::WRITABLE, |terminal| terminal.write(bytes))
            .await
            .unwrap_or(bytes.len())
    }
}

/// A command that runs.
struct Running {
    io: CommandIo,
    lines: [Line; 2],
    child: Child,
    processes: Option<Processes>,
    status: Option<ExitStatus>,
    stage: Stage,
    timed_out: bool,
    cancelled: bool,
    capture: Capture,
    /// Read but not yet taken by the caller; nothing more is read until it is.
    waiting: Option<CommandOutput>,
    input_open: bool,
    typed: Vec<u8>,
    at_line_start: bool,
    left_over: usize,
}

/// Runs the job; its thread's runtime does nothing else.
pub(super) async fn drive(job: Job) -> Result<CommandOutcome> {
    let began = Instant::now();
    let lines = [Line::open(OutputStream::Stdout, job.size)?, Line::open(OutputStream::Stderr, job.size)?];
    let child = processes::start(&job, lines[0].terminal.get_ref(), lines[1].terminal.get_ref())
        .map_err(|e| Error::unavailable(format!("bash could not be started: {e}")).because(e))?;
    let (stop, shutdown) = (job.stop, job.shutdown);
    let mut running = Running {
        processes: Processes::of(&child, job.mark),
        io: job.io,
        lines,
        child,
        status: None,
        stage: Stage::Running,
        timed_out: false,
        cancelled: false,
        capture: job.capture,
        waiting: None,
        input_open: true,
        typed: Vec::new(),
        at_line_start: true,
        left_over: 0,
    };
    let (mut out, mut err) = (vec![0; CHUNK], vec![0; CHUNK]);
    let alarm = sleep_until(began + job.limit);
    tokio::pin!(alarm);

    while !running.is_over() {
        let happened = {
            let Running { ref mut child, ref mut io, lines: [ref main, ref errors], .. } = running;
            let unforced = matches!(running.stage, Stage::Running | Stage::Draining);
            let blocked = running.waiting.is_some();
            tokio::select! {
                () = stop.cancelled(), if unforced => Happened::Stop,
                () = shutdown.cancelled(), if unforced => Happened::Stop,
                // A slow caller is no reason to believe that a terminal is quiet.
                () = &mut alarm, if running.stage != Stage::Draining || !blocked => Happened::Alarm,
                status = child.wait(), if running.status.is_none() => Happened::Exit(status),
                input = io.input.recv(), if running.input_open && running.typed.is_empty() => Happened::Input(input),
                count = main.write(&running.typed), if !running.typed.is_empty() => Happened::Typed(count),
                _ = io.output.reserve(), if blocked => Happened::Room,
                count = main.read(&mut out), if main.open && !blocked => Happened::Output(OutputStream::Stdout, count),
                count = errors.read(&mut err), if errors.open && !blocked => Happened::Output(OutputStream::Stderr, count),
            }
        };
        match happened {
            Happened::Stop => running.cancel(alarm.as_mut()),
            Happened::Alarm if running.stage == Stage::Draining || running.stage == Stage::Killed => break,
            Happened::Alarm => running.ring(alarm.as_mut()),
            Happened::Exit(status) => running.exited(status.map_err(Error::internal)?, alarm.as_mut()),
            Happened::Input(input) => running.take(input),
            Happened::Typed(count) => drop(running.typed.drain(..count)),
            Happened::Room => running.hand_over(alarm.as_mut()),
            Happened::Output(stream, 0) => running.close(stream),
            Happened::Output(OutputStream::Stdout, count) => {
                running.pass_on(OutputStream::Stdout, &out[..count], alarm.as_mut());
            }
            Happened::Output(OutputStream::Stderr, count) => {
                running.pass_on(OutputStream::Stderr, &err[..count], alarm.as_mut());
            }
        }
    }
    Ok(running.finish(began.elapsed()))
}

/// What the loop woke up for.
enum Happened {
    Stop,
    Alarm,
    Exit(io::Result<ExitStatus>),
    Input(Option<CommandInput>),
    Typed(usize),
    Room,
    Output(OutputStream, usize),
}

impl Running {
    fn is_over(&self) -> bool {
        self.status.is_some() && self.waiting.is_none() && self.lines.iter().all(|line| !line.open)
    }

    /// Someone said stop, or went away.
    fn cancel(&mut self, alarm: Pin<&mut Sleep>) {
        if self.status.is_none() {
            self.cancelled = true;
            self.ask_to_end(alarm);
        } else {
            // It has ended by itself; only what it left behind remains.
            self.stage = Stage::Killed;
            self.lines.iter_mut().for_each(|line| line.open = false);
            self.end();
        }
    }

    /// Time is up for this stage.
    fn ring(&mut self, alarm: Pin<&mut Sleep>) {
        if self.stage == Stage::Running {
            self.timed_out = true;
            self.ask_to_end(alarm);
        } else {
            self.end();
            self.stage = Stage::Killed;
            alarm.reset(Instant::now() + LAST);
        }
    }

    fn exited(&mut self, status: ExitStatus, alarm: Pin<&mut Sleep>) {
        self.status = Some(status);
        self.lines.iter_mut().for_each(|line| line.terminal.get_mut().release());
        if self.stage == Stage::Running {
            self.stage = Stage::Draining;
            alarm.reset(Instant::now() + QUIET);
        }
    }

    fn ask_to_end(&mut self, alarm: Pin<&mut Sleep>) {
        if let Some(processes) = &self.processes {
            processes.ask();
        }
        self.stage = Stage::Asked;
        self.waiting = None;
        alarm.reset(Instant::now() + GRACE);
    }

    fn end(&self) {
        if let Some(processes) = &self.processes {
            processes.end();
        }
    }

    /// Takes what the caller sends.
    fn take(&mut self, input: Option<CommandInput>) {
        match input {
            None => self.input_open = false,
            Some(CommandInput::Data(data)) => {
                if let Some(last) = data.last() {
                    self.at_line_start = matches!(last, b'\n' | b'\r');
                }
                self.typed = data;
            }
            // In the middle of a line the first one only hands over what was typed so far.
            Some(CommandInput::Eof) => {
                self.typed = vec![END_OF_INPUT; if self.at_line_start { 1 } else { 2 }]
            }
            Some(CommandInput::Resize(columns, rows)) => {
                for line in &self.lines {
                    if let Err(e) = line.terminal.get_ref().resize(columns, rows) {
                        tracing::debug!(error = %e, "a terminal kept its size");
                    }
                }
            }
        }
    }

    /// Keeps what was read and hands it to the caller, if there still is one.
    fn pass_on(&mut self, stream: OutputStream, data: &[u8], alarm: Pin<&mut Sleep>) {
        self.capture.add(stream, data);
        if self.stage == Stage::Draining {
            self.left_over += data.len();
            if self.left_over > LEFT_OVER {
                self.lines.iter_mut().for_each(|line| line.open = false);
            }
        }
        if !self.io.output.is_closed() {
            self.waiting = Some(CommandOutput { stream, data: data.to_vec() });
        }
        self.hand_over(alarm);
    }

    /// Gives the caller what waits for it. One that is too slow is only waited for while nothing is being ended.
    fn hand_over(&mut self, alarm: Pin<&mut Sleep>) {
        if self.stage == Stage::Draining {
            alarm.reset(Instant::now() + QUIET);
        }
        let Some(output) = self.waiting.take() else { return };
        if let Err(TrySendError::Full(output)) = self.io.output.try_send(output)
            && matches!(self.stage, Stage::Running | Stage::Draining)
        {
            self.waiting = Some(output);
        }
    }

    fn close(&mut self, stream: OutputStream) {
        self.lines.iter_mut().filter(|line| line.stream == stream).for_each(|line| line.open = false);
    }

    fn finish(self, took: Duration) -> CommandOutcome {
        let forced = self.timed_out || self.cancelled;
        if forced {
            self.end();
        }
        let kept = self.capture.finish();
        CommandOutcome {
            exit_code: self.status.filter(|_| !forced).and_then(|status| status.code()),
            timed_out: self.timed_out,
            cancelled: self.cancelled,
            stdout: kept.stdout,
            stderr: kept.stderr,
            full_output: kept.full_output,
            duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        }
    }
}
