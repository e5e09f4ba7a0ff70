using System.Buffers.Binary;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Oprf;

/// <summary>
/// ristretto255-SHA512 of RFC 9497 §4.1 in one mode: its two hash functions, expand_message_xmd with SHA-512
/// (RFC 9380 §5.3.1) under names that hold the mode (RFC 9497 §3.1). Made once; the names are kept as they are hashed.
/// </summary>
internal sealed class OprfSuite
{
    /// <summary>Mode 0x00, without proofs: for the RFC's vectors alone.</summary>
    public static readonly OprfSuite Base = new(0x00);

    /// <summary>Mode 0x01, with proofs: the one that the protocol uses.</summary>
    public static readonly OprfSuite Verifiable = new(0x01);

    private const int BlockSize = 128;

    private readonly byte[] _toGroup;
    private readonly byte[] _toScalar;

    private OprfSuite(byte mode)
    {
        byte[] context = [.. "OPRFV1-"u8, mode, .. "-ristretto255-SHA512"u8];
        _toGroup = Suffix([.. "HashToGroup-"u8, .. context]);
        _toScalar = Suffix([.. "HashToScalar-"u8, .. context]);
        SeedName = [.. "Seed-"u8, .. context];
    }

    /// <summary>The name under which the weights of a batch are hashed (RFC 9497 §2.2.1).</summary>
    public byte[] SeedName { get; }

    public void HashToGroup(Span<byte> element, ReadOnlySpan<byte> input)
    {
        Span<byte> uniform = stackalloc byte[Ristretto255.WideSize];
        Expand(uniform, input, _toGroup);
        Ristretto255.FromHash(element, uniform);
        CryptographicOperations.ZeroMemory(uniform);
    }

    public void HashToScalar(Span<byte> scalar, ReadOnlySpan<byte> message)
    {
        Span<byte> uniform = stackalloc byte[Ristretto255.WideSize];
        Expand(uniform, message, _toScalar);
        Ristretto255.ScalarReduce(scalar, uniform);
    }

    /// <summary>The last step of Finalize (RFC 9497 §3.3.1), the same in each mode. 64 bytes.</summary>
    public static SecretBytes Output(ReadOnlySpan<byte> input, ReadOnlySpan<byte> unblinded)
    {
        Span<byte> length = stackalloc byte[2];
        Span<byte> output = stackalloc byte[Sha512.Size];
        var hash = new Sha512();
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)input.Length);
        hash.Append(length);
        hash.Append(input);
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)unblinded.Length);
        hash.Append(length);
        hash.Append(unblinded);
        hash.Append("Finalize"u8);
        hash.Finish(output);
        var secret = SecretBytes.Copy(output);
        CryptographicOperations.ZeroMemory(output);
        return secret;
    }

    /// <summary>expand_message_xmd to 64 bytes, which is one block of SHA-512.</summary>
    internal static void Expand(Span<byte> uniform, ReadOnlySpan<byte> message, ReadOnlySpan<byte> suffix)
    {
        Span<byte> first = stackalloc byte[Sha512.Size];
        var hash = new Sha512();
        hash.Append(ZeroBlock);
        hash.Append(message);
        hash.Append([0, Ristretto255.WideSize, 0]);
        hash.Append(suffix);
        hash.Finish(first);

        hash = new Sha512();
        hash.Append(first);
        hash.Append([1]);
        hash.Append(suffix);
        hash.Finish(uniform);
        CryptographicOperations.ZeroMemory(first);
    }

    private static ReadOnlySpan<byte> ZeroBlock => new byte[BlockSize];

    /// <summary>A name as it is hashed: followed by its length (DST_prime).</summary>
    internal static byte[] Suffix(byte[] name) => [.. name, (byte)name.Length];
}
