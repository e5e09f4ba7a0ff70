using System.Security.Cryptography;
using KeyRecovery.EndToEnd.Tests.Backups;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.EndToEnd.Tests.Rotation;

/// <summary>An account of a phone, a laptop, a tablet and a code, at a server that can be restored.</summary>
internal sealed class RotatedHome : IAsyncDisposable
{
    private readonly People _people = new();
    private readonly Dictionary<string, byte[]> _contents = [];
    private readonly Dictionary<AuthorityId, TestDevice> _devices = [];
    private readonly RecoveryCode _next = RecoveryCode.Generate(SystemRandom.Instance);

    private RotatedHome() { }

    public RestoredSite Site { get; private set; } = null!;

    public TestDevice Phone => Site.Person.Device;

    public TestDevice Laptop { get; private set; } = null!;

    public TestDevice Tablet { get; private set; } = null!;

    public AuthorityId TabletId => _devices.Single(device => device.Value == Tablet).Key;

    /// <summary>The code that opens the account.</summary>
    public RecoveryCode Code { get; private set; } = null!;

    /// <summary>Who is active, as the phone saw it last.</summary>
    public HashSet<AuthorityId> Active { get; private set; } = [];

    public static async Task<RotatedHome> CreateAsync()
    {
        var home = new RotatedHome();
        home.Site = await RestoredSite.MakeAsync(home._people);
        home.Code = home.Site.Person.Code;
        home._contents["item"] = home.Site.Person.Content;
        (home.Laptop, home.Tablet) = (home.Site.Device(), home.Site.Device());
        using (await home.Laptop.RecoverAsync(home.Code, name: "laptop")) { }
        using (await home.Tablet.RecoverAsync(home.Code, name: "tablet")) { }
        await home.PutAsync(home.Phone, "large", RandomNumberGenerator.GetBytes(50_000));
        foreach (var device in new[] { home.Phone, home.Laptop, home.Tablet })
        {
            using var state = await device.Store.LoadAsync(default);
            home._devices[state!.Device] = device;
        }

        await home.LookAsync(home.Phone);
        return home;
    }

    /// <summary>Reads who is active.</summary>
    public async Task LookAsync(TestDevice by)
    {
        using var vault = await by.OpenAsync();
        Active = [.. vault.Authorities.Select(a => a.Id)];
    }

    public async Task PutAsync(TestDevice by, string name, byte[] content)
    {
        using var vault = await by.OpenAsync();
        TestDevice.Value(await vault.PutAsync(name, content));
        _contents[name] = content;
    }

    public async Task ReplaceCodeAsync()
    {
        using var vault = await Phone.OpenAsync();
        TestDevice.Value(await vault.ReplaceCodeAsync(Code, _next));
        Code = _next;
    }

    public async Task RevokeAsync(bool stolen = false)
    {
        using var vault = await Phone.OpenAsync();
        TestDevice.Value(await vault.RevokeAsync(new RevocationRequest([TabletId]) { Stolen = stolen }));
    }

    /// <summary>The device of an authority; null of a code.</summary>
    public TestDevice? DeviceOf(AuthorityId id) => _devices.GetValueOrDefault(id);

    /// <summary>A device that is not of the account.</summary>
    public TestDevice Stranger() => Site.Device();

    /// <summary>Reads every item, and looks at every point, as somebody who is in the account.</summary>
    public async Task ReadAllAsync(VaultSession vault)
    {
        Assert.Equal(_contents.Keys.Order(), vault.Items.Select(item => item.Name).Order());
        foreach (var (name, content) in _contents)
            Assert.Equal(content, TestDevice.Value(await vault.GetAsync(name)));
        foreach (var point in TestDevice.Value(await vault.ListRestorePointsAsync()))
            TestDevice.Value(await vault.PlanUndoAsync(new UndoRequest(point)));
    }

    public async ValueTask DisposeAsync()
    {
        await Site.DisposeAsync();
        _people.Dispose();
        _next.Dispose();
    }
}
