using System.Diagnostics;

namespace KeyRecovery;

/// <summary>The end on the new device. Dispose of both parts.</summary>
/// <param name="Vault">The account, open on this device.</param>
/// <param name="Bundle">The app's private keys from the other device, 0 to 204,800 bytes.</param>
[DebuggerDisplay("[redacted]")]
public sealed record Linked(VaultSession Vault, SecretBytes Bundle)
{
    /// <summary>
    /// Whether this device was part of the account already, by a call that ended in
    /// <see cref="ClientFailure.LinkUnfinished"/> or never ended: this one has found out so and used no code, and
    /// <see cref="Bundle"/> is empty, since it came before or not at all. Default: no.
    /// </summary>
    public bool IsFromBefore { get; init; }

    /// <summary>Always <c>[redacted]</c>.</summary>
    public override string ToString() => "[redacted]";
}
