//! Cuts a message into packets of the negotiated size while it is being written.

use super::header::{HEADER_SIZE, Header, PacketType, Status};

/// Writes one message after the other as packets.
pub struct PacketWriter {
    kind: PacketType,
    size: usize,
    session_id: u16,
    packet_id: u8,
    /// Whether anything of the current message has been written.
    started: bool,
    /// Set on the first packet of the next message.
    first: Status,
    pending: Vec<u8>,
    /// Packets since they were last asked for.
    count: u64,
}

impl PacketWriter {
    /// A writer of messages of `kind` in packets of `size` bytes, header included.
    pub fn new(kind: PacketType, size: u16, session_id: u16) -> PacketWriter {
        let mut writer = PacketWriter {
            kind,
            size: 0,
            session_id,
            packet_id: 1,
            started: false,
            first: Status::default(),
            pending: Vec::new(),
            count: 0,
        };
        writer.set_size(size);
        writer
    }

    /// Changes the packet size. Takes effect at the next packet.
    pub fn set_size(&mut self, size: u16) {
        self.size = usize::from(size).max(HEADER_SIZE + 1);
    }

    /// Sets status bits on the first packet of the next message.
    pub fn set_first_status(&mut self, status: Status) {
        self.first = status;
    }

    /// Appends `payload` to the message; packets that become full go to `out`.
    pub fn write(&mut self, mut payload: &[u8], out: &mut Vec<u8>) {
        self.started |= !payload.is_empty();
        let room_in_all = self.size - HEADER_SIZE;
        while self.pending.len() + payload.len() > room_in_all {
            let room = room_in_all.saturating_sub(self.pending.len()).min(payload.len());
            let (now, later) = payload.split_at(room);
            self.pending.extend_from_slice(now);
            payload = later;
            self.put_packets(room_in_all, out);
        }
        self.pending.extend_from_slice(payload);
    }

    /// Sends what is pending as a packet that is not the last, so that a client sees it now.
    pub fn flush(&mut self, out: &mut Vec<u8>) {
        if !self.pending.is_empty() {
            let packet = std::mem::take(&mut self.pending);
            self.put(&packet, Status::default(), out);
        }
    }

    /// Ends the message: its last packet goes to `out`.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        let packet = std::mem::take(&mut self.pending);
        let room = self.size - HEADER_SIZE;
        let mut chunks = packet.chunks(room).peekable();
        while let Some(chunk) = chunks.next() {
            let status = if chunks.peek().is_none() { Status::END } else { Status::default() };
            self.put(chunk, status, out);
        }
        if packet.is_empty() {
            self.put(&[], Status::END, out);
        }
        self.packet_id = 1;
        self.started = false;
    }

    /// How many packets were made since this was last asked.
    pub fn take_count(&mut self) -> u64 {
        std::mem::take(&mut self.count)
    }

    /// Whether nothing of the message has been written.
    pub fn is_at_start(&self) -> bool {
        !self.started
    }

    fn put_packets(&mut self, room: usize, out: &mut Vec<u8>) {
        let pending = std::mem::take(&mut self.pending);
        for chunk in pending.chunks(room) {
            self.put(chunk, Status::default(), out);
        }
    }

    fn put(&mut self, payload: &[u8], status: Status, out: &mut Vec<u8>) {
        self.count += 1;
        let header = Header {
            kind: self.kind,
            status: status.with(std::mem::take(&mut self.first)),
            length: (payload.len() + HEADER_SIZE) as u16,
            session_id: self.session_id,
            packet_id: self.packet_id,
        };
        header.encode(out);
        out.extend_from_slice(payload);
        self.packet_id = self.packet_id.wrapping_add(1);
    }
}
