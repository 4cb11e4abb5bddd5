/** Real servers on a busy machine answer when they can: five seconds are for tests without them. */
jest.setTimeout(60_000);
