namespace KeyRecovery;

/// <summary>
/// Something has changed the account with this device's keys that was not this device: its data was copied, or put back
/// from an older backup of its own. See <see cref="VaultSession.CloneSuspected"/>.
/// </summary>
/// <param name="SeenAt">When the account was so, by the server's clock.</param>
/// <param name="Version">The version of the account in which this device saw it first.</param>
public sealed record CloneInfo(DateTimeOffset SeenAt, ulong Version);
