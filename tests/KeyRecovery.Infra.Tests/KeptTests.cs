using System.IO.Compression;
using System.Reflection;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Infra.Tests;

/// <summary>
/// Data folders that servers of older versions have left (<c>Kept/README.md</c>): each newer one starts on them, gives
/// people back what they had, and finds them sound.
/// </summary>
public sealed class KeptTests : IDisposable
{
    private const string Told = "told.txt";

    private static readonly string Kept =
        Path.Combine(Infra.Folder, "..", "tests", "KeyRecovery.Infra.Tests", "Kept");

    private readonly TempFolder _folder = new();

    public static TheoryData<string> Versions =>
        [.. Directory.EnumerateFiles(Kept, "*.zip").Select(Path.GetFileNameWithoutExtension).OfType<string>()];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_folder_of_an_older_version_is_taken_on_and_found_sound(string version)
    {
        await ZipFile.ExtractToDirectoryAsync(Path.Combine(Kept, $"{version}.zip"), _folder.Path);
        // An archive keeps no modes of folders.
        foreach (var folder in Directory.EnumerateDirectories(_folder["data"], "*", SearchOption.AllDirectories))
            File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await OpensAsync();
    }

    // With KEYRECOVERY_KEEP=1 it stays, under the program's version.
    [Fact]
    public async Task What_this_version_leaves_is_read_as_well()
    {
        await using (var server = await ServerProcess.StartAsync(_folder["data"]))
        {
            using var phone = new TestDevice(server.Address);
            using var code = RecoveryCode.Generate(SystemRandom.Instance);
            using (var vault = await phone.CreateAsync(await server.TokenAsync("kept"), code))
            {
                TestDevice.Value(await vault.PutAsync("letter", "kept for years"u8.ToArray()));
                TestDevice.Value(await vault.PutAsync("letter", "kept for more years"u8.ToArray()));
                TestDevice.Value(await vault.PutAsync("gone", "removed"u8.ToArray()));
                TestDevice.Value(await vault.RemoveAsync("gone"));
            }

            await File.WriteAllTextAsync(_folder[Told], code.ToDisplayString());
            Assert.Equal(0, await server.StopAsync());
        }

        var version = typeof(KeptTests).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
            .InformationalVersion.Split('+')[0];
        using (var other = new TempFolder())
        {
            var file = other[$"{version}.zip"];
            await ZipFile.CreateFromDirectoryAsync(_folder.Path, file);
            if (Environment.GetEnvironmentVariable("KEYRECOVERY_KEEP") == "1")
                File.Copy(file, Path.Combine(Kept, $"{version}.zip"), overwrite: true);
        }

        await OpensAsync();
    }

    private async Task OpensAsync()
    {
        await using (var server = await ServerProcess.StartAsync(_folder["data"]))
        {
            using var tablet = new TestDevice(server.Address);
            var told = await File.ReadAllTextAsync(_folder[Told]);
            using var code = ((RecoveryCodeParse.Ok)RecoveryCode.Parse(told)).Code;
            using var vault = await tablet.RecoverAsync(code);
            Assert.Equal("letter", Assert.Single(vault.Items).Name);
            Assert.Equal("kept for more years"u8.ToArray(), TestDevice.Value(await vault.GetAsync("letter")));
            TestDevice.Value(await vault.PutAsync("new", "by the newer version"u8.ToArray()));
            Assert.Equal(0, await server.StopAsync());
        }

        var (exit, report) = await ServerProcess.RunVerbAsync(_folder["data"], "check");
        Assert.True(exit == 0, report);
    }
}
