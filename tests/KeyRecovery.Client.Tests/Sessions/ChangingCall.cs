using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Sessions;

/// <summary>Everything that an app calls to change an account, one by one.</summary>
/// <param name="Method">The method of the request that changes it.</param>
/// <param name="Path">Its path, or how that begins.</param>
/// <param name="PrepareAsync">What has to be there first; null for an account with a code.</param>
/// <param name="CallAsync">Calls; null where it is told as done.</param>
/// <param name="IsThere">Whether it is done, as an account that nobody has interfered with is read.</param>
internal sealed record ChangingCall(
    string Method, string Path, Func<ChangingCall.World, Task>? PrepareAsync,
    Func<ChangingCall.World, Task<ClientFailure?>> CallAsync, Func<ChangingCall.World, VaultSession, bool> IsThere)
{
    private const string Commits = "/v1/commits";

    private static readonly byte[] Small = "second"u8.ToArray();
    private static readonly byte[] Large = new byte[20_000];

    /// <summary>All of them, by name.</summary>
    public static IReadOnlyDictionary<string, ChangingCall> All { get; } = new Dictionary<string, ChangingCall>
    {
        ["create"] = new("POST", "/v1/accounts", _ => Task.CompletedTask, w => w.CreateAsync(), (_, _) => true),
        ["put"] = new("POST", Commits, null,
            async w => Failure(await w.Vault.PutAsync("a", Small)), (_, seen) => VersionOf(seen) == 2),
        ["put a large one"] = new("POST", Commits, null,
            async w => Failure(await w.Vault.PutAsync("a", Large)), (_, seen) => VersionOf(seen) == 2),
        ["store a large one ahead"] = new("PUT", "/v1/items/", null,
            async w => Failure(await w.Vault.PutAsync("a", Large)), (_, seen) => VersionOf(seen) == 2),
        ["remove"] = new("POST", Commits, null,
            async w => Failure(await w.Vault.RemoveAsync("a")), (_, seen) => seen.Items.IsEmpty),
        ["rename"] = new("POST", Commits, null,
            async w => Failure(await w.Vault.RenameDeviceAsync(w.Vault.Device, "renamed")),
            (_, seen) => seen.Authorities.Any(a => a.Name == "renamed")),
        ["add a code"] = new("POST", Commits, null,
            async w => Failure(await w.Vault.AddCodeAsync(w.Next)), (w, seen) => Has(seen, w.Next)),
        ["remove codes"] = new("POST", Commits, null,
            async w => Failure(await w.Vault.RemoveCodesAsync()), (w, seen) => !Has(seen, w.Code)),
        ["replace the code"] = new("POST", Commits, null,
            async w => Failure(await w.Vault.ReplaceCodeAsync(w.Code, w.Next)),
            (w, seen) => Has(seen, w.Next) && !Has(seen, w.Code)),
        ["mend"] = new("POST", Commits, null,
            async w => Failure(await w.Vault.MendAsync()), (_, seen) => seen.Epoch == 2),
        ["revoke"] = new("POST", Commits, w => w.RecoverLaptopAsync(),
            async w => Failure(await w.Vault.RevokeAsync(new RevocationRequest([w.OnLaptop!.Device]))),
            (w, seen) => seen.Authorities.All(a => a.Id != w.OnLaptop!.Device)),
        ["undo"] = new("POST", Commits, w => w.RecoverLaptopAsync(),
            w => w.UndoAsync(), (w, seen) => seen.Authorities.All(a => a.Id != w.OnLaptop!.Device)),
        ["recover"] = new("POST", Commits, w => w.BeginRecoveryAsync(),
            w => w.CompleteRecoveryAsync(), (_, seen) => seen.Authorities.Any(a => a.Name == "laptop")),
        ["replace the code in a recovery"] = new("POST", Commits, w => w.BeginRecoveryAsync(),
            async w => Failure(await w.Recovery!.ReplaceCodeAsync(w.Next)),
            (w, seen) => Has(seen, w.Next) && !Has(seen, w.Code)),
        ["ask for the erasure"] = new("POST", "/v1/erasure", null,
            async w => Failure(await w.Vault.RequestErasureAsync()), (_, seen) => seen.HeldErasure is not null),
        ["cancel the erasure"] = new("DELETE", "/v1/erasure",
            async w => TestDevice.Value(await w.Vault.RequestErasureAsync()),
            async w => Failure(await w.Vault.CancelErasureAsync()), (_, seen) => seen.HeldErasure is null),
        ["repair"] = new("POST", "/v1/repair", null,
            async w => Failure(await w.Vault.RefreshAsync()), (w, _) => w.IsRepaired),
    };

    public bool Matches(HttpRequestMessage request) =>
        request.Method.Method == Method
        && request.RequestUri!.AbsolutePath.StartsWith(Path, StringComparison.Ordinal);

    private static ClientFailure? Failure<T>(Result<T> result) => (result as Result<T>.Failed)?.Failure;

    private static ulong VersionOf(VaultSession seen) => seen.Items.Single(i => i.Name == "a").Version;

    private static bool Has(VaultSession seen, RecoveryCode code)
    {
        using var slot = code.DeriveSlot();
        return seen.Authorities.Any(a => a.Id == slot.Id);
    }

    /// <summary>A phone with an account, a laptop without, and a relay before the server.</summary>
    internal sealed class World(ServerFixture fixture) : IDisposable
    {
        private string _token = "";

        public TestDevice Phone { get; } = new(fixture.Server.Address, adjust: Hasty);

        public TestDevice Laptop { get; } = new(fixture.Server.Address, adjust: Hasty);

        public RecoveryCode Code { get; } = RecoveryCode.Generate(SystemRandom.Instance);

        public RecoveryCode Next { get; } = RecoveryCode.Generate(SystemRandom.Instance);

        public VaultSession Vault { get; private set; } = null!;

        public VaultSession? OnLaptop { get; private set; }

        public RecoverySession? Recovery { get; private set; }

        /// <summary>Whether the server, which said that it lost the vault, was given it back.</summary>
        public bool IsRepaired { get; set; }

        public async Task PrepareAsync(ChangingCall call)
        {
            _token = await fixture.Server.TokenAsync(Canary.NewText());
            if (call.Path != "/v1/accounts")
                Vault = await Phone.CreateAsync(_token, Code, "phone", new ItemEdit.Put("a", "first"u8.ToArray()));
            if (call.PrepareAsync is not null) await call.PrepareAsync(this);
        }

        /// <summary>The relay that the call goes over.</summary>
        public RelayHandler Relay => Recovery is null ? Phone.Relay : Laptop.Relay;

        /// <summary>Reads the account as its first device that nobody is in the way of.</summary>
        public async Task<VaultSession?> ReadAsync()
        {
            (Relay.OnRequest, Relay.OnResponse) = (null, null);
            return await Phone.Client.OpenAsync() is Result<VaultSession>.Ok ok ? ok.Value : null;
        }

        public async Task<ClientFailure?> CreateAsync()
        {
            var made = await Phone.Client.CreateAsync(
                _token, new CreateOptions { DeviceName = "phone", Code = Code });
            if (made is Result<VaultSession>.Ok ok) Vault = ok.Value;
            return Failure(made);
        }

        public async Task RecoverLaptopAsync()
        {
            OnLaptop = await Laptop.RecoverAsync(Code, name: "laptop");
            TestDevice.Value(await Vault.RefreshAsync());
        }

        public async Task BeginRecoveryAsync() =>
            Recovery = TestDevice.Value(await Laptop.Client.BeginRecoveryAsync(Code));

        public async Task<ClientFailure?> CompleteRecoveryAsync()
        {
            var done = await Recovery!.CompleteAsync("laptop", []);
            if (done is Result<Recovered>.Ok ok) OnLaptop = ok.Value.Vault;
            return Failure(done);
        }

        public async Task<ClientFailure?> UndoAsync()
        {
            var points = TestDevice.Value(await Vault.ListRestorePointsAsync());
            return Failure(await Vault.UndoAsync(
                new UndoRequest(points[0]) { Remove = [OnLaptop!.Device] }));
        }

        public void Dispose()
        {
            Recovery?.Dispose();
            OnLaptop?.Dispose();
            Vault?.Dispose();
            Phone.Dispose();
            Laptop.Dispose();
            Code.Dispose();
            Next.Dispose();
        }

        private static KeyRecoveryOptions Hasty(KeyRecoveryOptions options) =>
            options with { Attempts = 2, RetryDelay = TimeSpan.FromMilliseconds(1) };
    }
}
