//! Ending a connection so that its last answer arrives.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// How long a client may take to end the connection in turn.
const LINGER: Duration = Duration::from_secs(1);

/// Closes, and waits for the client to do so. Closed while something comes in, the kernel would throw the answer away.
pub async fn close(connection: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> io::Result<()> {
    connection.shutdown().await?;
    let rest = async {
        let mut nowhere = [0; 512];
        while connection.read(&mut nowhere).await? > 0 {}
        Ok(())
    };
    tokio::time::timeout(LINGER, rest).await.unwrap_or(Ok(()))
}
