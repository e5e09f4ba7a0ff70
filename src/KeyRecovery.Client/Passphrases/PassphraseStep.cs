namespace KeyRecovery;

/// <summary>A step of setting a passphrase up, as it begins.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Of">How many there are.</param>
/// <param name="Text">What is done, for a person.</param>
public sealed record PassphraseStep(int Number, int Of, string Text);
