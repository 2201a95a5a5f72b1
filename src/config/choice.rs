//! Settings that are one word out of a few.

use std::fmt;

macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $first:ident = $first_text:literal $(#[$first_doc:meta])*
        $(, $variant:ident = $text:literal $(#[$variant_doc:meta])*)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub enum $name {
            #[default]
            $(#[$first_doc])*
            $first,
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// Every word that may be written, the default first.
            pub const WORDS: &'static [&'static str] = &[$first_text $(, $text)*];

            /// Reads the word as it is written in the configuration.
            pub fn parse(text: &str) -> Result<Self, String> {
                match text {
                    $first_text => Ok(Self::$first),
                    $($text => Ok(Self::$variant),)*
                    _ => Err(format!("{text:?} is not one of {}", Self::WORDS.join(", "))),
                }
            }

            /// The word as it is written in the configuration.
            pub fn as_str(self) -> &'static str {
                match self {
                    Self::$first => $first_text,
                    $(Self::$variant => $text,)*
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

choice! {
    /// How the relay of e-mail is spoken to.
    MailTls {
        StartTls = "starttls" /** In the clear at first, which the relay has to leave at once. */,
        Implicit = "implicit" /** TLS from the first byte on. */,
        None = "none" /** In the clear. */
    }
}

choice! {
    /// The header in which trusted proxies name the client.
    ClientIpHeader {
        XForwardedFor = "x-forwarded-for",
        Forwarded = "forwarded",
        XRealIp = "x-real-ip",
        CfConnectingIp = "cf-connecting-ip"
    }
}
choice! {
    /// How hard a commit is pressed onto the disk.
    Synchronous {
        Full = "full" /** A message that was answered with 200 survives a power cut. */,
        Normal = "normal" /** A power cut may take the last moments, never the file's consistency. */
    }
}
choice! {
    /// Who may make an account in the browser.
    Signup { Closed = "closed", Open = "open" }
}
choice! {
    /// Whether a channel's public flags open it to requests without credentials.
    PublicAccessMode {
        Honour = "honour",
        Off = "off" /** The flags are stored and never applied, as in the reference. */
    }
}
choice! {
    /// Status on the wire for a locked channel, a sequencing conflict, a too large message and a full account.
    StatusCodes {
        Reference = "reference" /** 400, with the telling code in the body. */,
        Http = "http" /** The telling code itself. */
    }
}
choice! {
    /// Shape of a WebSocket notification.
    NotificationFrame {
        Object = "object",
        Text = "text" /** A bare JSON string, as version 1.1.0 of the reference sent it. */
    }
}
choice! {
    /// The least severe event that is logged.
    LogLevel { Info = "info", Error = "error", Warn = "warn", Debug = "debug", Trace = "trace" }
}
choice! {
    /// Shape of the log.
    LogFormat { Text = "text", Json = "json" /** One object for each line. */ }
}
choice! {
    /// Which requests are logged.
    AccessLog {
        Errors = "errors" /** Those that failed. */,
        Off = "off",
        Modifying = "modifying" /** Those that failed or may have changed something. */,
        All = "all"
    }
}
choice! {
    /// How much of a client's address is kept out of the log.
    RedactIp {
        None = "none",
        Prefix = "prefix" /** Only the network (/24, /48) is logged. */,
        Full = "full" /** No address is logged. */
    }
}
choice! {
    /// Colours of the pages for a person who has chosen none.
    Theme { System = "system", Light = "light", Dark = "dark" }
}
