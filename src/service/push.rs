//! Push registrations: which device wants to hear of messages for which token. `notify::outbox` tells them.

use crate::auth::bearer::Bearer;
use crate::domain::id::ChannelId;
use crate::domain::receiver::Watched;
use crate::events::Event;
use crate::service::error::Error;
use crate::store::error::StoreError;
use crate::store::tx::WriteTx;
use crate::store::{Store, channel_access, push};

/// Devices that one token may have: more than a person carries, few enough to fill no disk.
const MOST_DEVICES: u64 = 50;

/// Registering, moving and removing devices.
#[derive(Clone)]
pub struct Push {
    store: Store,
}

impl Push {
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Registers a device for the bearer's own token; a second time only starts anew what failed.
    pub async fn register(&self, bearer: &Bearer, device: String) -> Result<(), Error> {
        let token = bearer.token();
        self.store
            .write(bearer.clone(), move |tx, _bearer| {
                push::register(tx, token, &device)?;
                say_changed(tx, &device)?;
                if push::count(tx, token)? > MOST_DEVICES {
                    push::forget_ended(tx, token)?;
                }
                if push::count(tx, token)? > MOST_DEVICES {
                    return Err(Error::TooManyDevices { most: MOST_DEVICES });
                }
                Ok(())
            })
            .await
    }

    /// Moves every registration of a device to its new name. Knowing the old name is the permission, as in the
    /// reference: its clients send no credentials here.
    pub async fn move_device(&self, old: String, new: String) -> Result<(), Error> {
        self.require_known(&old).await?;
        self.store
            .write_without_right(move |tx| {
                if !push::is_known(tx, &old)? {
                    return Err(Error::UnknownDevice);
                }
                push::move_device(tx, &old, &new)?;
                Ok(say_changed(tx, &new)?)
            })
            .await
    }

    /// Removes a device's registrations, all or those of one channel.
    pub async fn remove(&self, device: String, channel: Option<ChannelId>) -> Result<(), Error> {
        self.require_known(&device).await?;
        self.store
            .write_without_right(move |tx| {
                if !push::is_known(tx, &device)? {
                    return Err(Error::UnknownDevice);
                }
                match channel {
                    None => push::remove(tx, &device)?,
                    // A channel that does not exist has no registrations to remove.
                    Some(id) => {
                        if let Some(channel) = channel_access::find(tx, &id)? {
                            push::remove_from_channel(tx, &device, channel.row)?;
                        }
                    }
                }
                Ok(())
            })
            .await
    }

    /// Whoever names a device that nobody registered has no turn among those who write.
    async fn require_known(&self, device: &str) -> Result<(), Error> {
        let device = device.to_owned();
        let is_known = self.store.read(move |tx| push::is_known(tx, &device)).await?;
        if is_known { Ok(()) } else { Err(Error::UnknownDevice) }
    }
}

/// Tells the outbox to look again at the channels in which this device is registered.
fn say_changed(tx: &WriteTx<'_>, device: &str) -> Result<(), StoreError> {
    for channel in push::channels(tx, device)? {
        tx.emit(Event::ReceiversChanged(Watched::Channel(channel)));
    }
    Ok(())
}
