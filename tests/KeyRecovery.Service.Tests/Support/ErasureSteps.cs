using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Stores;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Support;

/// <summary>What tests of erasure do again and again.</summary>
internal static class ErasureSteps
{
    /// <summary>Has the log append what waits, and erasures go on with what waited for it.</summary>
    public static async Task LogAsync(this TestService server)
    {
        if (server.Service.Log!.Key is null) await server.Service.Log.OpenAsync(default);
        await server.Service.Log.PassAsync(default);
        await server.Service.Erasures.ResumeAsync(default);
    }

    public static async Task<(TestAccount Account, TestAuthority Phone, TestAuthority Code)> NewAccountAsync(
        this TestService server, TestRandom random, string subject)
    {
        var (phone, code) = (TestAuthority.Device(random), TestAuthority.Code(random));
        var account = TestAccount.Begin(
            random, phone, [code], items: [(new ItemId(random.Bytes(16)), random.Bytes(40))]);
        Assert.IsType<Outcome<Heads>.Done>(await server.CreateAsync(account, subject));
        return (account, phone, code);
    }

    public static async Task<ErasureStatus> RequestErasureAsync(
        this TestService server, TestAccount account, TestAuthority who)
    {
        using var open = await server.PassAsync(account, who);
        return Assert.IsType<Outcome<ErasureStatus>.Done>(
            await server.Service.Erasures.RequestAsync(
                open, (await server.Service.Erasures.StatusAsync(open, default)).Round, default)).Value;
    }

    public static async Task<Outcome<bool>> CancelErasureAsync(
        this TestService server, TestAccount account, TestAuthority who)
    {
        var keyId = KeyId.OfDevice(account.Now.Account, who.Id);
        bool Verify(VerifyKey key) => key == who.Signing.PublicKey;
        return await server.Service.Erasures.CancelAsync(
            keyId, null, Verify, "192.0.2.0/24", ct => server.Service.Gate.PassAsync(keyId, Verify, ct), default);
    }

    public static async Task<ServiceFailure> RefusedAsync(
        this TestService server, TestAccount account, TestAuthority who) =>
        Assert.IsType<GateResult.Shut>(await server.Service.Gate.PassAsync(
            who.Entry.Kind == AuthorityKind.Device ? KeyId.OfDevice(account.Now.Account, who.Id) : KeyId.OfSlot(who.Id),
            key => key == who.Signing.PublicKey, default)).Failure;

    public static Task<ReadOnlyMemory<byte>> FileErasuresAsync(this TestService server, params string[] subjects) =>
        server.FileErasuresAsync(subjects, subjects.Length);

    /// <summary>Files a job of which the upload breaks off before a line.</summary>
    /// <param name="server">Where.</param>
    /// <param name="subjects">Whom it names.</param>
    /// <param name="breaksAt">The line, from 0.</param>
    /// <param name="after">The job after which it is filed.</param>
    public static async Task<ReadOnlyMemory<byte>> FileErasuresAsync(
        this TestService server, IReadOnlyList<string> subjects, int breaksAt, ReadOnlyMemory<byte> after = default)
    {
        async IAsyncEnumerable<(int, AppUser)> Lines()
        {
            await Task.Yield();
            for (var i = 0; i < subjects.Count; i++)
            {
                if (i == breaksAt) throw new IOException("the upload broke off");
                yield return (i + 1, new AppUser(TestAccount.DefaultApp, "issuer", subjects[i]));
            }
        }

        var hash = Hash256.Of(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', subjects)));
        return Assert.IsType<Outcome<(ReadOnlyMemory<byte> Job, int Lines)>.Done>(
            await server.Service.Erasures.Jobs.FileAsync(
                Lines(), TestAccount.DefaultApp, after, () => hash, default)).Value.Job;
    }

    public static async Task<ErasureJobReport> JobAsync(this TestService server, ReadOnlyMemory<byte> job) =>
        (await server.Service.Erasures.Jobs.ReadAsync(job, TestAccount.DefaultApp, 0, 200, default))!;

    public static async Task<int> CountAsync(this TestService server, params Table[] tables)
    {
        var count = 0;
        foreach (var table in tables)
            await foreach (var _ in (table.Store == StoreKind.Data ? (IRowStore)server.Data : server.Keys)
                .ScanAsync(table, default)) count++;
        return count;
    }
}
