"""What reached people elsewhere, on its way to the board: sheets, chats, pasted text. Nothing here posts anything."""
