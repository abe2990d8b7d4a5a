"""What the main job's benchmark is built from: the sheet, the people and their relay, the floors."""
