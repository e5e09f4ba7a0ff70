using System.Text.Json;
using KeyRecovery.Cli.Tests.Support;

namespace KeyRecovery.Cli.Tests.Commands;

/// <summary><c>keyrecovery export</c>: the file is its owner's, and takes no other's place without a word.</summary>
[Collection(CliTests.Name)]
public sealed class ExportTests(CliFixture fixture)
{
    [Fact]
    public async Task The_file_is_for_its_owner_alone_and_takes_the_place_of_none_that_is_there()
    {
        var (phone, _) = await fixture.NewAccountAsync();
        (await phone.TypeAsync("what I keep", "backup", "put", "<b>name", "-")).Ended(0);
        var file = fixture.NewPath(".json");

        var told = (await phone.RunAsync("export", file, "--json")).Ended(0).Json;

        Assert.Equal((1, 0), (told.GetProperty("items").GetInt32(), told.GetProperty("versions").GetInt32()));
        using var document = JsonDocument.Parse(await File.ReadAllBytesAsync(file));
        var item = document.RootElement.GetProperty("items").EnumerateArray()
            .Single(told => told.GetProperty("name").GetString() == "<b>name");
        Assert.Equal("what I keep"u8.ToArray(), item.GetProperty("content").GetBytesFromBase64());
        Assert.True(document.RootElement.GetProperty("complete").GetBoolean());
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));

        await File.WriteAllTextAsync(file, "somebody's");
        Assert.Equal("file-exists", (await phone.RunAsync("export", file, "--json")).Ended(1).Text("error"));
        Assert.Equal("somebody's", await File.ReadAllTextAsync(file));
        (await phone.RunAsync("export", file, "--replace")).Ended(0);
        Assert.StartsWith("{", await File.ReadAllTextAsync(file), StringComparison.Ordinal);
        var activity = (await phone.RunAsync("activity")).Ended(0).Output;
        Assert.Contains("exported what the service holds", activity, StringComparison.Ordinal);
    }
}
