using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using KeyRecovery.Protocol.Identities;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery;

/// <summary>
/// What an account says of its own public keys, signed with the first of them (docs/protocol.md §19). Only statements
/// whose signature holds exist as this type. Nothing in it proves whose the account is: two people compare their
/// <see cref="SafetyNumber"/>.
/// </summary>
public sealed class IdentityStatement
{
    /// <summary>The most that a signed one has, in bytes: 1,536.</summary>
    public const int MaxSize = 1536;

    private const int Fields = 6;

    private IdentityStatement(ReadOnlyMemory<byte> bytes)
    {
        Bytes = bytes;
        Signed = SignedBody.Decode(bytes, MaxSize);
        var reader = new CborIn(Signed.Body);
        reader.Structure(Labels.Identity, Fields);
        Account = reader.Account();
        SigningKey = new VerifyKey(reader.BytesView(VerifyKey.Size, VerifyKey.Size).Span);
        KemKey = new KemPublicKey(reader.BytesView(KemPublicKey.Size, KemPublicKey.Size).Span);
        Time = reader.UInt();
        reader.End();
    }

    /// <summary>All of it, signed, as it is handed to others.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The account.</summary>
    public AccountId Account { get; }

    /// <summary>The key that verifies what the account signs: the identity.</summary>
    public VerifyKey SigningKey { get; }

    /// <summary>The key that is sealed to.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public KemPublicKey KemKey { get; }

    /// <summary>When it was signed, by the signer's clock, in seconds since 1970.</summary>
    public ulong Time { get; }

    private SignedBody Signed { get; }

    /// <summary>Signs the statement of an account's keys.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="time">The clock, in seconds since 1970.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static IdentityStatement Sign(IdentityKeys keys, ulong time)
    {
        var body = new CborOut().Array(Fields).Text(Labels.Identity).UInt(FormatVersion.Current).Bytes(keys.Account)
            .Bytes(keys.PublicKey.ToArray()).Bytes(keys.KemKey.Span).UInt(time).ToArray();
        return new IdentityStatement(SignedBody.Sign(SignatureLabel.Identity, body, keys.Signing));
    }

    /// <summary>Reads what somebody handed over, and verifies its signature.</summary>
    /// <param name="bytes">Any bytes.</param>
    /// <param name="statement">The statement; null where it is none, or is not signed.</param>
    /// <param name="fault">Why it is none; <see cref="IdentityFault.None"/> where it is one.</param>
    /// <returns>Whether it is one.</returns>
    public static bool TryRead(
        ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out IdentityStatement? statement, out IdentityFault fault)
    {
        (statement, fault) = Read(bytes);
        return statement is not null;
    }

    private static (IdentityStatement? Statement, IdentityFault Fault) Read(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            var read = new IdentityStatement(bytes.ToArray());
            return read.Signed.IsSignedBy(read.SigningKey, SignatureLabel.Identity)
                ? (read, IdentityFault.None) : (null, IdentityFault.Signature);
        }
        catch (WireFormatException)
        {
            return (null, IdentityFault.Malformed);
        }
        catch (UpgradeRequiredException)
        {
            return (null, IdentityFault.UpgradeRequired);
        }
    }

    /// <summary>Reads one; false for whatever is none, or is not signed.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out IdentityStatement? statement)
    {
        (statement, _) = Read(bytes);
        return statement is not null;
    }
}
