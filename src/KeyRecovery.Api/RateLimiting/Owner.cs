using System.Buffers.Binary;
using System.Runtime.InteropServices;
using KeyRecovery.Service.Accounts;

namespace KeyRecovery.Api.RateLimiting;

/// <summary>Who counts as one, once the signature or the token holds: an account, or a user who has none yet.</summary>
internal static class Owner
{
    /// <summary>The account's number.</summary>
    public static UInt128 Of(AccountId account)
    {
        Span<byte> bytes = stackalloc byte[16];
        account.CopyTo(bytes);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    /// <summary>The user's number, by a hash: their names are as long as an issuer likes.</summary>
    public static UInt128 Of(AppUser user)
    {
        var name = $"{user.App}\0{user.Issuer}\0{user.Subject}";
        return BinaryPrimitives.ReadUInt128BigEndian(Hash256.Of(MemoryMarshal.AsBytes(name.AsSpan())).ToArray());
    }
}
