-- What a message by Luna herself is about, so that what can be done about it is still offered when it is shown later.
ALTER TABLE proactive ADD COLUMN about TEXT;
