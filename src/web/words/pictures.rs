//! How large pictures are shown, which is known before they are loaded, so that nothing moves when they are.

/// A size in pixels of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fitted {
    pub width: usize,
    pub height: usize,
}

/// The size of a picture within so many pixels; never larger than it is. `None` where its first bytes do not tell.
pub fn fitted(picture: &[u8], (width, height): (usize, usize)) -> Option<Fitted> {
    let size = imagesize::blob_size(picture).ok()?;
    if size.width == 0 || size.height == 0 {
        return None;
    }
    let across = size.width.min(width);
    let down = scaled(size.height, across, size.width);
    if down <= height {
        return Some(Fitted { width: across, height: down });
    }
    Some(Fitted { width: scaled(size.width, height, size.height), height })
}

/// A length in the proportion of two others, at least a pixel.
fn scaled(length: usize, part: usize, whole: usize) -> usize {
    let scaled = (length as u128 * part as u128) / (whole as u128);
    usize::try_from(scaled).unwrap_or(usize::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gif(width: u16, height: u16) -> Vec<u8> {
        [&b"GIF89a"[..], &width.to_le_bytes(), &height.to_le_bytes(), &[0; 8]].concat()
    }

    #[test]
    fn pictures_fit_and_keep_their_proportions() {
        let shown = |width, height| fitted(&gif(width, height), (640, 256)).map(|it| (it.width, it.height));
        assert_eq!(shown(40, 30), Some((40, 30)));
        assert_eq!(shown(1280, 400), Some((640, 200)));
        assert_eq!(shown(300, 1024), Some((75, 256)));
        assert_eq!(shown(65_535, 1), Some((640, 1)));
        assert_eq!(shown(1, 65_535), Some((1, 256)));
        assert_eq!(shown(0, 10), None);
        assert_eq!(fitted(b"\x89PNG\r\n\x1a\nrest", (640, 256)), None);
    }
}
