using System.Diagnostics;
using System.Text;
using KeyRecovery.Protocol;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery;

/// <summary>
/// A passphrase in its normal form (docs/protocol.md §14.1), zeroed on disposal. Compared with a recovery code it can
/// be guessed, so its only use is <see cref="Stretch"/>.
/// </summary>
[DebuggerDisplay(Redacted.Text)]
public sealed class Passphrase : IDisposable
{
    /// <summary>The longest normal form, in bytes of UTF-8.</summary>
    public const int MaxBytes = 1024;

    private readonly SecretBytes _utf8;

    private Passphrase(SecretBytes utf8) => _utf8 = utf8;

    /// <summary>Reads what somebody typed.</summary>
    /// <param name="text">The text, in any Unicode form.</param>
    /// <returns>The passphrase, to be disposed of; or why it is none.</returns>
    /// <exception cref="PlatformNotSupportedException">This runtime cannot normalise Unicode.</exception>
    public static PassphraseParse Parse(ReadOnlySpan<char> text)
    {
        using var normal = Normalization.Apply(text, out var fault);
        if (normal is null) return new PassphraseParse.Refused(fault);
        var length = Encoding.UTF8.GetByteCount(normal.Span);
        if (length == 0) return new PassphraseParse.Refused(PassphraseFault.Empty);
        if (length > MaxBytes) return new PassphraseParse.Refused(PassphraseFault.TooLong);
        return new PassphraseParse.Ok(new Passphrase(
            SecretBytes.Create(length, normal.Span, static (utf8, normal) => Encoding.UTF8.GetBytes(normal, utf8))));
    }

    /// <summary>The normal form in UTF-8, valid until disposal; for a strength estimate.</summary>
    public ReadOnlySpan<byte> Utf8 => _utf8.Span;

    /// <summary>Stretches it with Argon2id; takes a tenth of a second or more, and the profile's memory.</summary>
    /// <param name="account">The account.</param>
    /// <param name="slot">The slot.</param>
    /// <param name="profile">The parameters.</param>
    /// <returns>32 bytes: the OPRF's input.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The profile is outside its limits.</exception>
    public SecretBytes Stretch(AccountId account, AuthorityId slot, StretchProfile profile)
    {
        if (!profile.IsAllowed) Throw.IfOutside(0, 1, 1, nameof(profile));
        var salt = Hash256.Of(new CborOut().Array(3).Text(Labels.PassphraseSalt).Bytes(account).Bytes(slot).ToArray())
            .ToArray().AsMemory(0, Argon2id.SaltSize);
        return SecretBytes.Create(
            PassphraseSlot.StretchedBytes,
            (_utf8, salt, profile),
            static (output, input) => Argon2id.Derive(input._utf8.Span, input.salt.Span, input.profile, output));
    }

    /// <inheritdoc/>
    public void Dispose() => _utf8.Dispose();

    /// <summary>Always <c>[redacted]</c>.</summary>
    public override string ToString() => Redacted.Text;
}
