using System.Security.Cryptography;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.EndToEnd.Tests.Disks;

/// <summary>
/// A disk that is full or read-only: a clear answer, nothing acknowledged is lost, and service resumes by itself.
/// </summary>
public sealed class DiskFaultTests
{
    [NeedsFact(Need.Mounting)]
    public async Task A_full_disk_is_told_and_service_resumes_when_there_is_room()
    {
        using var disk = SmallDisk.Mount("12m");
        await using var server = await ServerProcess.StartAsync(disk.Path);
        using var code = RecoveryCode.Generate(SystemRandom.Instance);
        using var phone = new TestDevice(server.Address, adjust: o => o with { Attempts = 1 });
        using var vault = await phone.CreateAsync(await server.TokenAsync("full"), code);

        var stored = new Dictionary<string, byte[]>();
        ClientFailure? failure = null;
        for (var i = 0; i < 400 && failure is null; i++)
        {
            var content = RandomNumberGenerator.GetBytes(60_000);
            if (await vault.PutAsync($"item {i}", content) is Result<ItemInfo>.Failed failed) failure = failed.Failure;
            else stored[$"item {i}"] = content;
        }
        Assert.IsType<ClientFailure.Transient>(failure);
        Assert.Contains("no room", failure.Message, StringComparison.Ordinal);
        foreach (var (name, content) in stored) Assert.Equal(content, TestDevice.Value(await vault.GetAsync(name)));

        disk.Resize("64m");
        TestDevice.Value(await vault.PutAsync("after", "there is room again"u8.ToArray()));
        await AssertAllThereAsync(server, code, stored);
    }

    [NeedsFact(Need.Chattr)]
    public async Task A_read_only_disk_is_told_and_service_resumes_when_it_is_writable()
    {
        using var folder = new TempFolder();
        await using var server = await ServerProcess.StartAsync(folder["data"]);
        using var code = RecoveryCode.Generate(SystemRandom.Instance);
        using var phone = new TestDevice(server.Address, adjust: o => o with { Attempts = 1 });
        using var vault = await phone.CreateAsync(await server.TokenAsync("read-only"), code);
        TestDevice.Value(await vault.PutAsync("before", "stored"u8.ToArray()));

        // The log has taken both changes, and writes nothing more: what is listed is there a moment later.
        using var http = new HttpClient { BaseAddress = server.Address };
        while ((await http.GetStringAsync("/audit/checkpoint")).Split('\n')[1] != "2") await Task.Delay(50);

        // The kernel's own refusal: files with the immutable flag cannot be written, by root either.
        string[] frozen =
            [
                .. server.Files()
                    .Where(f => Path.GetFileName(f).Contains(".db", StringComparison.Ordinal)
                        && !f.EndsWith("-shm", StringComparison.Ordinal)),
            ];
        SmallDisk.Run("chattr", ["+i", .. frozen]);
        try
        {
            var refused = await vault.PutAsync("during", "not stored"u8.ToArray());
            Assert.IsType<ClientFailure.Transient>(TestDevice.Failure(refused));
            Assert.Equal("stored"u8.ToArray(), TestDevice.Value(await vault.GetAsync("before")));
        }
        finally
        {
            SmallDisk.Run("chattr", ["-i", .. frozen]);
        }
        TestDevice.Value(await vault.PutAsync("after", "stored"u8.ToArray()));
        await AssertAllThereAsync(
            server, code, new() { ["before"] = "stored"u8.ToArray(), ["after"] = "stored"u8.ToArray() });
    }

    private static async Task AssertAllThereAsync(
        ServerProcess server, RecoveryCode code, Dictionary<string, byte[]> stored)
    {
        using var next = new TestDevice(server.Address);
        using var recovered = await next.RecoverAsync(code);
        foreach (var (name, content) in stored) Assert.Equal(content, TestDevice.Value(await recovered.GetAsync(name)));
    }
}
