//! The ports, as the concepts of the core reach them.

use super::Luna;
use crate::ports::{
    CalendarServers, Channels, Clock, Desktop, Fetch, Mail, Music, Programs, Recall, Secrets, Shell, Sight,
    Sources, Tailnet,
};

impl Luna {
    /// The machine.
    #[must_use]
    pub fn desktop(&self) -> &dyn Desktop {
        self.inner.parts.desktop.as_ref()
    }

    /// The shell.
    #[must_use]
    pub fn shell(&self) -> &dyn Shell {
        self.inner.parts.shell.as_ref()
    }

    /// Time.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        self.inner.parts.clock.as_ref()
    }

    /// The private network.
    #[must_use]
    pub fn tailnet(&self) -> &dyn Tailnet {
        self.inner.parts.tailnet.as_ref()
    }

    pub(crate) fn secrets(&self) -> &dyn Secrets {
        self.inner.parts.secrets.as_ref()
    }

    pub(crate) fn sources(&self) -> &dyn Sources {
        self.inner.parts.sources.as_ref()
    }

    pub(crate) fn music(&self) -> &dyn Music {
        self.inner.parts.music.as_ref()
    }

    pub(crate) fn channel_port(&self) -> &dyn Channels {
        self.inner.parts.channels.as_ref()
    }

    pub(crate) fn mail(&self) -> &dyn Mail {
        self.inner.parts.mail.as_ref()
    }

    pub(crate) fn programs(&self) -> &dyn Programs {
        self.inner.parts.programs.as_ref()
    }

    pub(crate) fn calendar_servers(&self) -> &dyn CalendarServers {
        self.inner.parts.calendars.as_ref()
    }

    pub(crate) fn recall(&self) -> &dyn Recall {
        self.inner.parts.recall.as_ref()
    }

    pub(crate) fn fetch(&self) -> &dyn Fetch {
        self.inner.parts.fetch.as_ref()
    }

    pub(crate) fn sight(&self) -> &dyn Sight {
        self.inner.parts.sight.as_ref()
    }
}
