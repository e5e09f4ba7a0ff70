using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Passphrases;

/// <summary>
/// The key of a device's files under a passphrase (docs/protocol.md §10): sealed under Argon2id (RFC 9106) of the
/// passphrase's normal form. Whoever has the bytes can guess without a limit, at what one guess costs: unlike a
/// passphrase slot, no server counts.
/// </summary>
public static class LockedDeviceKey
{
    /// <summary>The length of the key in bytes: 32.</summary>
    public const int KeySize = SecretBox.KeySize;

    /// <summary>The most bytes of a locked key: 160. It has 125 to 127 today, and never a bare key's 32.</summary>
    public const int MaxBytes = 160;

    private const int Fields = 7;

    /// <summary>
    /// What one guess costs unless told otherwise: t = 3, m = 64 MiB (RFC 9106 §4, the second choice, on one lane).
    /// </summary>
    public static StretchProfile DefaultProfile { get; } = new(Passes: 3, MemoryKiB: 65_536, Lanes: 1);

    /// <summary>Whether bytes begin as a locked key does, of this version or a newer one. Nothing is opened.</summary>
    public static bool IsBegunBy(ReadOnlySpan<byte> bytes)
    {
        // An array of up to 23 elements, and text of 24 to 255 bytes (RFC 8949 §3.1).
        var label = System.Text.Encoding.ASCII.GetBytes(Labels.DeviceKey);
        return bytes.Length > label.Length + 3 && bytes[0] is > 0x80 and < 0x98 && bytes[1] == 0x78
            && bytes[2] == label.Length && bytes[3..].StartsWith(label);
    }

    /// <summary>Locks a key; takes a tenth of a second or more, and the profile's memory.</summary>
    /// <param name="key32">The key, 32 bytes.</param>
    /// <param name="passphrase">The passphrase.</param>
    /// <param name="profile">What one guess costs.</param>
    /// <param name="random">Draws salt and nonce.</param>
    /// <returns>What may be kept beside what the key seals.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The profile is outside its limits.</exception>
    public static byte[] Lock(
        ReadOnlySpan<byte> key32, Passphrase passphrase, StretchProfile profile, IRandom random)
    {
        Throw.IfNotLength(key32.Length, KeySize, nameof(key32));
        if (!profile.IsAllowed) Throw.IfOutside(0, 1, 1, nameof(profile));
        var salt = new byte[Argon2id.SaltSize];
        random.Fill(salt);
        using var lockKey = Stretch(passphrase, salt, profile);
        return Header(Fields, salt, profile)
            .Bytes(SecretBox.Seal(lockKey.Span, Context(salt, profile), key32, random)).ToArray();
    }

    /// <summary>
    /// Opens what <see cref="Lock"/> made; takes as long. Null, for whatever reason, where it does not open under this
    /// passphrase: it is another one, or the bytes were changed.
    /// </summary>
    /// <param name="locked">The locked key.</param>
    /// <param name="passphrase">The passphrase.</param>
    /// <returns>The key, to be disposed of; or null.</returns>
    /// <exception cref="WireFormatException">These bytes are no locked key, or ask for more work than is allowed;
    /// nothing was stretched.</exception>
    /// <exception cref="UpgradeRequiredException">A newer version has written it.</exception>
    public static SecretBytes? Open(ReadOnlyMemory<byte> locked, Passphrase passphrase)
    {
        var reader = new CborIn(locked);
        reader.Structure(Labels.DeviceKey, Fields);
        var profile = new StretchProfile(
            (int)reader.UInt(int.MaxValue), (int)reader.UInt(int.MaxValue), (int)reader.UInt(int.MaxValue));
        WireFormatException.Require(profile.IsAllowed, "a guess costs what is allowed");
        var salt = reader.Bytes(Argon2id.SaltSize);
        var box = reader.BytesView(KeySize + SecretBox.Overhead, KeySize + SecretBox.Overhead);
        reader.End();
        using var lockKey = Stretch(passphrase, salt, profile);
        var isOpen = false;
        var key = SecretBytes.Create(
            KeySize, plain => isOpen = SecretBox.TryOpen(lockKey.Span, Context(salt, profile), box.Span, plain));
        if (isOpen) return key;
        key.Dispose();
        return null;
    }

    // What stands before the box is its associated data, as an array of its own.
    private static byte[] Context(byte[] salt, StretchProfile profile) => Header(Fields - 1, salt, profile).ToArray();

    private static CborOut Header(int fields, byte[] salt, StretchProfile profile) => new CborOut()
        .Array(fields).Text(Labels.DeviceKey).UInt(FormatVersion.Current).UInt((ulong)profile.Passes)
        .UInt((ulong)profile.MemoryKiB).UInt((ulong)profile.Lanes).Bytes(salt);

    private static SecretBytes Stretch(Passphrase passphrase, byte[] salt, StretchProfile profile) =>
        SecretBytes.Create(
            SecretBox.KeySize, (passphrase, salt, profile),
            static (key, input) => Argon2id.Derive(input.passphrase.Utf8, input.salt, input.profile, key));
}
