using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing;

namespace KeyRecovery.Protocol.Tests.Golden;

/// <summary>
/// The authorities and the account of which examples are made. Only a missing file is ever written from it.
/// </summary>
internal sealed class GoldenWorld
{
    public GoldenWorld()
    {
        Random = new TestRandom(2026);
        Phone = TestAuthority.Device(Random);
        Laptop = TestAuthority.Device(Random);
        Code = TestAuthority.Code(Random);
        Mallory = TestAuthority.Device(Random);
        Item = new ItemId(Random.Bytes(16));
        Account = TestAccount.Begin(Random, Phone, [Code], items: [(Item, Random.Bytes(32))]);
        Account.Commit(Phone, new AccountChange { Add = [Laptop] });
        Account.Commit(Laptop, new AccountChange { Put = [(Item, Random.Bytes(64))] });
        Account.Commit(
            Code, new AccountChange { Remove = [Phone, Laptop], Add = [Tablet = TestAuthority.Device(Random)] });
    }

    public TestRandom Random { get; }

    public TestAuthority Phone { get; }

    public TestAuthority Laptop { get; }

    public TestAuthority Code { get; }

    public TestAuthority Tablet { get; }

    public TestAuthority Mallory { get; }

    public ItemId Item { get; }

    public TestAccount Account { get; }

    public AccountId Id => Account.Now.Account;

    public static EpochKey Key(AccountId account, ulong epoch, byte[] key) => EpochKey.Import(account, epoch, key);

    public static TestAuthority[] Sorted(params TestAuthority[] authorities) => [.. authorities.OrderBy(a => a.Id)];

    public static byte[] Derive(byte[] key, byte[] info, int length)
    {
        using var derived = Kdf.Derive(key, info, length);
        return derived.Span.ToArray();
    }
}
