using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.EndToEnd.Tests.Backups;

/// <summary>Users of a server, with what they do to it.</summary>
internal sealed class People : IDisposable
{
    private readonly List<IDisposable> _owned = [];

    public Person Add()
    {
        var person = new Person();
        _owned.Add(person);
        return person;
    }

    /// <summary>Another device, not yet of the account.</summary>
    public TestDevice Device(ServerProcess server, Person person)
    {
        var device = new TestDevice(server.Address);
        _owned.Add(device);
        return person.Second = device;
    }

    /// <summary>Makes the account.</summary>
    public static async Task LiveAsync(ServerProcess server, Person person)
    {
        person.Device = new TestDevice(server.Address);
        using var vault = await person.Device.CreateAsync(
            await server.TokenAsync(person.Subject), person.Code, "phone", new ItemEdit.Put("item", person.Content));
    }

    /// <summary>Erases the account by an operator's job.</summary>
    public static async Task EraseAsync(ServerProcess server, params Person[] people)
    {
        using var http = new HttpClient { BaseAddress = server.Address };
        using var minted = await http.PostAsJsonAsync(
            "/v1/dev/tokens", new { subject = "officer", scope = "keyrecovery.erase" });
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Bearer", (await minted.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString());
        using var body = new StringContent(
            string.Join('\n', people.Select(person => JsonSerializer.Serialize(new { subject = person.Subject }))),
            Encoding.UTF8, "application/x-ndjson");
        using var filed = await http.PostAsync("/v1/admin/erasures", body);
        var job = (await filed.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("job").GetString();
        while ((await http.GetFromJsonAsync<JsonElement>($"/v1/admin/erasures/{job}")).GetProperty("state")
            .GetString() != "done") await Task.Delay(50);
    }

    /// <summary>Copies a store's files as somebody does by hand.</summary>
    public static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from, "*.db"))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
    }

    public void Dispose() => _owned.ForEach(owned => owned.Dispose());
}
