using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.EndToEnd.Tests.Disks;

/// <summary>
/// A disk that fails an erasure: pending, with an alarm and without a receipt, and done when the disk is well again.
/// </summary>
public sealed class ErasureDiskTests
{
    private static readonly (string, string)[] AtOnce =
    [
        ("Apps:0:Id", "demo"), ("Apps:0:Issuer", "urn:keyrecovery:development"), ("Apps:0:Audience", "demo"),
        ("Apps:0:Policy:Erasure:HoldHours", "0"),
    ];

    [NeedsTheory(Need.Mounting, Need.Chattr)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_data_store_that_cannot_be_written_keeps_it_pending(bool isFull)
    {
        using var disk = SmallDisk.Mount("12m");
        using var folder = new TempFolder();
        var stores = isFull ? Path.Combine(disk.Path, "stores") : folder["stores"];
        await using var server =
            await ServerProcess.StartAsync(folder["data"], 0, [.. AtOnce, ("Stores:Directory", stores)]);
        using var asking = new TestDevice(server.Address, adjust: o => o with { Attempts = 1 });
        using var listed = new TestDevice(server.Address, adjust: o => o with { Attempts = 1 });
        using var kept = new TestDevice(server.Address);
        using var own = await asking.CreateAsync(
            await server.TokenAsync("asking"), null, "phone", new ItemEdit.Put("item", new byte[200]));
        using var theirs = await listed.CreateAsync(
            await server.TokenAsync("listed"), null, "phone", new ItemEdit.Put("item", new byte[200]));
        using var others = await kept.CreateAsync(
            await server.TokenAsync("kept"), null, "phone", new ItemEdit.Put("item", new byte[200]));
        string[] frozen =
            [.. Directory.GetFiles(stores)
                .Where(f => Path.GetFileName(f).Contains(".db", StringComparison.Ordinal)
                    && !f.EndsWith("-shm", StringComparison.Ordinal))];
        if (isFull) disk.Fill();
        else SmallDisk.Run("chattr", ["+i", .. frozen]);

        using var http = await OperatorAsync(server);
        string job;
        try
        {
            if (await own.RequestErasureAsync() is Result<ErasureStatus>.Ok asked)
                Assert.IsType<ErasureStatus.Erasing>(asked.Value);
            using var body = new StringContent("{\"subject\":\"listed\"}", Encoding.UTF8, "application/x-ndjson");
            using var filed = await http.PostAsync("/v1/admin/erasures", body);
            job = (await filed.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("job").GetString()!;
            while (server.Output.Split('\n')
                .Count(line => line.Contains("ErasurePending", StringComparison.Ordinal)
                    || line.Contains("ErasureFailed", StringComparison.Ordinal)) < 2) await Task.Delay(100);

            // Both keys are gone; nothing is called erased.
            foreach (var device in new[] { asking, listed })
                Assert.Null(
                    Assert.IsType<ClientFailure.Erased>(TestDevice.Failure(await device.Client.OpenAsync())).Receipt);
            Assert.Equal((0, 1), await CountsAsync(http, job));
            Assert.Equal(new byte[200], TestDevice.Value(await others.GetAsync("item")));
        }
        finally
        {
            if (!isFull) SmallDisk.Run("chattr", ["-i", .. frozen]);
        }

        if (isFull) disk.Resize("64m");
        while ((await CountsAsync(http, job)).Pending != 0) await Task.Delay(100);
        Assert.Equal((1, 0), await CountsAsync(http, job));
        Assert.NotNull(
            Assert.IsType<ClientFailure.Erased>(TestDevice.Failure(await listed.Client.OpenAsync())).Receipt);
        while (Assert.IsType<ClientFailure.Erased>(TestDevice.Failure(await asking.Client.OpenAsync())).Receipt is null)
            await Task.Delay(100);
        Assert.Equal(new byte[200], TestDevice.Value(await others.GetAsync("item")));
        // A pass that waits lists nobody twice.
        Assert.Equal(2, File.ReadAllLines(Path.Combine(folder["data"], "fence", "tombstones")).Length);
    }

    [NeedsFact(Need.Mounting)]
    public async Task Where_everything_is_full_nothing_is_promised_and_nothing_is_lost()
    {
        using var disk = SmallDisk.Mount("12m");
        await using var server = await ServerProcess.StartAsync(disk.Path, 0, AtOnce);
        using var phone = new TestDevice(server.Address, adjust: o => o with { Attempts = 1 });
        using var vault = await phone.CreateAsync(
            await server.TokenAsync("anna"), null, "phone", new ItemEdit.Put("item", new byte[200]));
        disk.Fill();
        if (await vault.RequestErasureAsync() is Result<ErasureStatus>.Ok asked)
            Assert.IsNotType<ErasureStatus.Erased>(asked.Value);
        switch (await phone.Client.OpenAsync())
        {
            case Result<VaultSession>.Ok whole:
                Assert.Equal(new byte[200], TestDevice.Value(await whole.Value.GetAsync("item")));
                whole.Value.Dispose();
                break;
            case Result<VaultSession>.Failed failed:
                Assert.Null(Assert.IsType<ClientFailure.Erased>(failed.Failure).Receipt);
                break;
        }

        disk.Resize("64m");
        if (await vault.RequestErasureAsync() is Result<ErasureStatus>.Failed again)
            Assert.IsType<ClientFailure.Erased>(again.Failure);
        while (Assert.IsType<ClientFailure.Erased>(TestDevice.Failure(await phone.Client.OpenAsync())).Receipt is null)
            await Task.Delay(100);
    }

    private static async Task<(int Erased, int Pending)> CountsAsync(HttpClient http, string job)
    {
        var report = await http.GetFromJsonAsync<JsonElement>($"/v1/admin/erasures/{job}");
        return (report.GetProperty("erased").GetInt32(), report.GetProperty("pending").GetInt32());
    }

    private static async Task<HttpClient> OperatorAsync(ServerProcess server)
    {
        var http = new HttpClient { BaseAddress = server.Address };
        using var response = await http.PostAsJsonAsync(
            "/v1/dev/tokens", new { subject = "officer", scope = "keyrecovery.erase" });
        http.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue(
                "Bearer", (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString());
        return http;
    }
}
