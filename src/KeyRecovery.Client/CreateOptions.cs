using System.Collections.Immutable;
using KeyRecovery.Client.Passphrases;

namespace KeyRecovery;

/// <summary>How an account begins.</summary>
public sealed record CreateOptions
{
    /// <summary>This device's name, at most 64 bytes of UTF-8. Sealed: the server never sees it.</summary>
    public required string DeviceName { get; init; }

    /// <summary>
    /// The recovery code that the user has written down, or null for an account that cannot be recovered until one is
    /// added. Required, so that nobody leaves it out by accident.
    /// </summary>
    public required RecoveryCode? Code { get; init; }

    /// <summary>
    /// A passphrase beside the code, or null. One that is too weak is refused before the account is made; it is set in
    /// a second commit, and both are told as one outcome. Default: none.
    /// </summary>
    public Passphrase? Passphrase
    {
        get => First?.Passphrase;
        init => First = value is null ? null : new FirstPassphrase(value);
    }

    /// <summary>Items to store at once. Default: none.</summary>
    public ImmutableArray<ItemEdit.Put> Items { get; init; } = [];

    internal FirstPassphrase? First { get; private init; }
}
