using System.Net;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace KeyRecovery.Client.Tests.Sessions;

/// <summary>What an app is told, case by case.</summary>
[Collection(ServerTests.Name)]
public sealed class OutcomeTests(ServerFixture fixture) : IDisposable
{
    private readonly RecoveryCode _code = RecoveryCode.Generate(SystemRandom.Instance);
    private readonly TestDevice _phone = new(fixture.Server.Address);
    private readonly TestDevice _laptop = new(fixture.Server.Address);

    public void Dispose()
    {
        _phone.Dispose();
        _laptop.Dispose();
        _code.Dispose();
    }

    [Fact]
    public async Task Changes_to_different_items_are_rebased_unseen()
    {
        using var onPhone = await CreateAsync();
        using var onLaptop = await _laptop.RecoverAsync(_code);
        TestDevice.Value(await onLaptop.PutAsync("b", "laptop"u8.ToArray()));
        TestDevice.Value(await onPhone.PutAsync("a", "phone"u8.ToArray()));
        Assert.Equal("laptop"u8.ToArray(), TestDevice.Value(await onPhone.GetAsync("b")));
    }

    [Fact]
    public async Task The_same_item_changed_on_both_sides_is_a_conflict_with_both_versions_and_replaces_nothing()
    {
        using var onPhone = await CreateAsync();
        using var onLaptop = await _laptop.RecoverAsync(_code);
        TestDevice.Value(await onLaptop.PutAsync("a", "laptop"u8.ToArray()));

        var conflict =
            Assert.IsType<ClientFailure.Conflict>(TestDevice.Failure(await onPhone.PutAsync("a", "phone"u8.ToArray())));
        var item = Assert.Single(conflict.Items);
        Assert.Equal("phone"u8.ToArray(), item.Mine!.Value.ToArray());
        Assert.Equal("laptop"u8.ToArray(), item.Theirs!.Value.ToArray());
        Assert.Equal("laptop"u8.ToArray(), TestDevice.Value(await onPhone.GetAsync("a")));

        TestDevice.Value(await onPhone.PutAsync("a", "phone"u8.ToArray()));
        Assert.Equal("phone"u8.ToArray(), TestDevice.Value(await onPhone.GetAsync("a")));
        Assert.Equal("laptop"u8.ToArray(), TestDevice.Value(await onPhone.GetAsync("a", item.TheirVersion)));
    }

    [Fact]
    public async Task An_item_that_the_other_device_removed_is_told_as_removed_and_not_as_empty()
    {
        using var onPhone = await CreateAsync();
        using var onLaptop = await _laptop.RecoverAsync(_code);
        TestDevice.Value(await onLaptop.RemoveAsync("a"));
        var conflict =
            Assert.IsType<ClientFailure.Conflict>(TestDevice.Failure(await onPhone.PutAsync("a", "phone"u8.ToArray())));
        var item = Assert.Single(conflict.Items);
        Assert.Equal((null, 0UL), (item.Theirs, item.TheirVersion));
    }

    [Fact]
    public async Task A_removed_device_hears_that_it_was_removed_and_reads_nothing()
    {
        using var onPhone = await CreateAsync();
        using var onLaptop = await _laptop.RecoverAsync(_code, removeOthers: true);
        Assert.IsType<ClientFailure.Revoked>(TestDevice.Failure(await onPhone.RefreshAsync()));
        Assert.IsType<ClientFailure.Revoked>(TestDevice.Failure(await onPhone.PutAsync("a", "late"u8.ToArray())));
        Assert.IsType<ClientFailure.Revoked>(TestDevice.Failure(await _phone.Client.OpenAsync()));
    }

    [Fact]
    public async Task A_removed_code_opens_nothing_and_looks_like_one_that_never_was()
    {
        using var vault = await CreateAsync();
        using var next = RecoveryCode.Generate(SystemRandom.Instance);
        TestDevice.Value(await vault.AddCodeAsync(next, replaceOthers: true));
        using var never = RecoveryCode.Generate(SystemRandom.Instance);
        Assert.IsType<ClientFailure.UnknownCode>(TestDevice.Failure(await _laptop.Client.BeginRecoveryAsync(_code)));
        Assert.IsType<ClientFailure.UnknownCode>(TestDevice.Failure(await _laptop.Client.BeginRecoveryAsync(never)));
        using var session = TestDevice.Value(await _laptop.Client.BeginRecoveryAsync(next));
        Assert.Equal(1, TestDevice.Value(await session.CheckItemsAsync()));
    }

    [Fact]
    public async Task A_device_whose_clock_is_an_hour_off_signs_again_with_the_servers_time()
    {
        using var slow = new TestDevice(
            fixture.Server.Address,
            adjust: o => o with { Time = new FakeTimeProvider(DateTimeOffset.UtcNow.AddHours(-1)) });
        using var vault = await slow.CreateAsync(await fixture.Server.TokenAsync(Canary.NewText()), null);
        TestDevice.Value(await vault.PutAsync("a", "content"u8.ToArray()));
    }

    [Fact]
    public async Task A_lost_answer_to_a_commit_is_asked_for_again_and_the_commit_is_there_once()
    {
        using var vault = await CreateAsync();
        var lost = 0;
        _phone.Relay.OnAnswer = (request, body) => request.RequestUri!.AbsolutePath == "/v1/commits" && lost++ == 0
            ? throw new HttpRequestException("the cable")
            : body;
        Assert.Equal(2ul, TestDevice.Value(await vault.PutAsync("a", "again"u8.ToArray())).Version);
        Assert.Equal(2, lost);
    }

    [Fact]
    public async Task A_lost_answer_to_the_creation_is_finished_by_calling_it_again()
    {
        var token = await fixture.Server.TokenAsync(Canary.NewText());
        _phone.Relay.OnAnswer = (_, _) => throw new HttpRequestException("the cable");
        var create = new CreateOptions { DeviceName = "phone", Code = _code };
        Assert.IsType<ClientFailure.Transient>(TestDevice.Failure(await _phone.Client.CreateAsync(token, create)));
        _phone.Relay.OnAnswer = null;
        using var vault = TestDevice.Value(await _phone.Client.CreateAsync(token, create));
        Assert.Equal(1ul, vault.Version);
        using var session = TestDevice.Value(await _laptop.Client.BeginRecoveryAsync(_code));
        Assert.Equal(vault.Account, session.Account);
    }

    [Theory]
    [InlineData(HttpStatusCode.OK, "<html>log in to the hotel's network</html>")]
    [InlineData(HttpStatusCode.ProxyAuthenticationRequired, "<html>log in to the proxy</html>")]
    [InlineData(HttpStatusCode.NotFound, "")]
    [InlineData(HttpStatusCode.InternalServerError, """{"type":"urn:keyrecovery:error:internal","title":"told"}""")]
    public async Task What_is_no_refusal_of_the_servers_leaves_open_what_is_done_and_a_look_settles_it(
        HttpStatusCode status, string page)
    {
        using var vault = await CreateAsync();
        _phone.Relay.OnResponse = (request, response) =>
        {
            if (request.RequestUri!.AbsolutePath != "/v1/commits") return;
            response.StatusCode = status;
            response.Content = new StringContent(page);
        };
        TestDevice.Value(await vault.PutAsync("a", "done"u8.ToArray()));

        _phone.Relay.OnRequest = (_, _) => new HttpResponseMessage(status) { Content = new StringContent(page) };
        Assert.IsType<ClientFailure.Transient>(TestDevice.Failure(await vault.PutAsync("a", "unknown"u8.ToArray())));
    }

    [Theory]
    [InlineData(HttpStatusCode.OK)]
    [InlineData(HttpStatusCode.ProxyAuthenticationRequired)]
    public async Task A_creation_that_something_else_answered_keeps_its_keys_and_is_finished_by_calling_it_again(
        HttpStatusCode status)
    {
        var token = await fixture.Server.TokenAsync(Canary.NewText());
        _phone.Relay.OnResponse = (_, response) =>
        {
            response.StatusCode = status;
            response.Content = new StringContent("<html>log in</html>");
        };
        var create = new CreateOptions { DeviceName = "phone", Code = _code };
        Assert.IsType<ClientFailure.Transient>(TestDevice.Failure(await _phone.Client.CreateAsync(token, create)));
        _phone.Relay.OnResponse = null;
        using var vault = TestDevice.Value(await _phone.Client.CreateAsync(token, create));
        Assert.Equal(1ul, vault.Version);
    }

    [Fact]
    public async Task A_refusal_after_an_answer_that_was_lost_is_none()
    {
        var token = await fixture.Server.TokenAsync(Canary.NewText());
        var attempts = 0;
        _phone.Relay.OnResponse = (request, response) =>
        {
            if (request.RequestUri!.AbsolutePath != "/v1/accounts") throw new HttpRequestException("the cable");
            if (++attempts == 1) throw new HttpRequestException("the cable");
            response.StatusCode = HttpStatusCode.Conflict;
            response.Content = new StringContent("""{"type":"urn:keyrecovery:error:account-exists","title":"told"}""");
        };
        var create = new CreateOptions { DeviceName = "phone", Code = _code };
        Assert.IsType<ClientFailure.Transient>(TestDevice.Failure(await _phone.Client.CreateAsync(token, create)));
        Assert.Equal(2, attempts);
        Assert.NotNull(await _phone.Store.LoadAsync(default));
    }

    [Theory]
    [InlineData("storage-full", HttpStatusCode.InsufficientStorage)]
    [InlineData("unavailable", HttpStatusCode.ServiceUnavailable)]
    [InlineData("internal", HttpStatusCode.InternalServerError)]
    public async Task A_server_in_trouble_that_has_committed_before_is_found_to_have_done_it(
        string type, HttpStatusCode status)
    {
        using var vault = await CreateAsync();
        _phone.Relay.OnResponse = (request, response) =>
        {
            if (request.RequestUri!.AbsolutePath != "/v1/commits") return;
            response.StatusCode = status;
            response.Content = new StringContent($$"""{"type":"urn:keyrecovery:error:{{type}}","title":"told"}""");
        };
        TestDevice.Value(await vault.PutAsync("a", "second"u8.ToArray()));
        Assert.Equal("second"u8.ToArray(), TestDevice.Value(await vault.GetAsync("a")));
        // Control: where nothing was done, the same answer is no success.
        _phone.Relay.OnRequest = (request, _) => request.RequestUri!.AbsolutePath == "/v1/commits"
            ? new HttpResponseMessage(status)
            {
                Content = new StringContent($$"""{"type":"urn:keyrecovery:error:{{type}}","title":"told"}"""),
            }
            : null;
        Assert.IsType<ClientFailure.Transient>(TestDevice.Failure(await vault.PutAsync("a", "third"u8.ToArray())));
    }

    [Fact]
    public async Task A_server_that_cannot_be_reached_is_transient()
    {
        using var vault = await CreateAsync();
        _phone.Relay.OnRequest = (_, _) => throw new HttpRequestException("no route");
        Assert.IsType<ClientFailure.Transient>(TestDevice.Failure(await vault.RefreshAsync()));
    }

    [Fact]
    public async Task A_pause_that_the_server_asks_for_is_told()
    {
        using var vault = await CreateAsync();
        _phone.Relay.OnRequest = (_, _) => new HttpResponseMessage(HttpStatusCode.TooManyRequests)
        {
            Content =
                new StringContent(
                    """{"type":"urn:keyrecovery:error:rate-limited","title":"slow down", """
                    + """ "status":429,"retryAfterMs":120000}"""),
        };
        var transient = Assert.IsType<ClientFailure.Transient>(TestDevice.Failure(await vault.RefreshAsync()));
        Assert.Equal(TimeSpan.FromMinutes(2), transient.RetryAfter);
        Assert.Contains("120 s", transient.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("erased", HttpStatusCode.Gone, typeof(ClientFailure.Erased))]
    [InlineData("storage-full", HttpStatusCode.InsufficientStorage, typeof(ClientFailure.Transient))]
    public async Task A_problem_of_the_server_has_a_case_of_its_own(string type, HttpStatusCode status, Type expected)
    {
        using var vault = await CreateAsync();
        _phone.Relay.OnRequest = (_, _) => new HttpResponseMessage(status)
        {
            Content =
                new StringContent(
                    $$"""{"type":"urn:keyrecovery:error:{{type}}","title":"told","status":{{(int)status}}}"""),
        };
        Assert.IsType(expected, TestDevice.Failure(await vault.RefreshAsync()));
    }

    [Fact]
    public async Task An_account_for_a_user_who_has_one_is_refused_and_the_device_stays_free()
    {
        var token = await fixture.Server.TokenAsync(Canary.NewText());
        using var vault = await _phone.CreateAsync(token, _code);
        var refused = TestDevice.Failure(
            await _laptop.Client.CreateAsync(token, new CreateOptions { DeviceName = "laptop", Code = null }));
        Assert.Equal("account-exists", Assert.IsType<ClientFailure.Refused>(refused).Type);
        Assert.Null(await _laptop.Store.LoadAsync(default));
    }

    [Fact]
    public async Task Older_versions_come_back_and_ten_are_kept()
    {
        using var vault = await CreateAsync();
        for (var i = 2; i <= 14; i++) TestDevice.Value(await vault.PutAsync("a", new[] { (byte)i }));
        var history = TestDevice.Value(await vault.HistoryAsync("a"));
        Assert.Equal(Enumerable.Range(4, 11).Reverse().Select(v => (ulong)v), history.Select(v => v.Version));
        Assert.All(history, v => Assert.Equal(vault.Device, v.Writer));
        Assert.Equal(new byte[] { 4 }, TestDevice.Value(await vault.GetAsync("a", 4)));
        Assert.IsType<ClientFailure.NoSuchItem>(TestDevice.Failure(await vault.GetAsync("a", 3)));
    }

    [Fact]
    public async Task Several_items_are_changed_in_one_commit_or_none_is()
    {
        using var vault = await CreateAsync();
        var version = vault.Version;
        TestDevice.Value(
            await vault.EditAsync(
                [new ItemEdit.Put("b", new byte[100_000]), new ItemEdit.Put("c", "small"u8.ToArray()),
                    new ItemEdit.Remove("a")]));
        Assert.Equal(version + 1, vault.Version);
        Assert.Equal(["b", "c"], vault.Items.Select(i => i.Name));
        Assert.IsType<ClientFailure.NoSuchItem>(
            TestDevice.Failure(await vault.EditAsync([new ItemEdit.Put("d", new byte[1]), new ItemEdit.Remove("a")])));
        Assert.Equal(["b", "c"], vault.Items.Select(i => i.Name));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16 * 1024)]
    [InlineData(16 * 1024 + 1)]
    [InlineData(Limits.ItemBytes)]
    public async Task Content_of_every_size_comes_back_byte_equal(int size)
    {
        using var vault = await CreateAsync();
        var content = System.Security.Cryptography.RandomNumberGenerator.GetBytes(size);
        TestDevice.Value(await vault.PutAsync("sized", content));
        Assert.Equal(content, TestDevice.Value(await vault.GetAsync("sized")));
    }

    [Fact]
    public async Task Content_over_the_apps_limit_is_refused_by_name()
    {
        using var vault = await CreateAsync();
        var refused = Assert.IsType<ClientFailure.Refused>(
            TestDevice.Failure(await vault.PutAsync("large", new byte[Limits.ItemBytes * 2])));
        Assert.Equal("limit-reached", refused.Type);
    }

    private async Task<VaultSession> CreateAsync() => await _phone.CreateAsync(
        await fixture.Server.TokenAsync(Canary.NewText()), _code, "phone", new ItemEdit.Put("a", "first"u8.ToArray()));
}
